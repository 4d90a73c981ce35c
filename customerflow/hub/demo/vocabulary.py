"""The words that the demo is made of: names of many cultures, two towns and a village, a catalogue, devices."""

from customers.models import Equipment, Plan

# Given names and family names; joined at random they mean nobody.
CULTURES = (
    (
        "Grace Owen Hazel Miles Ivy Felix Nora Jasper Ruth Silas Clara Hugh",
        "Ashdown Birchall Copley Denholm Eastwick Fairbrook Garnett Hollis Inglewood Kersey Lockhart Merriweather",
    ),
    (
        "Luís Inês Tomás Beatriz Nuno Carlota Ramón Lucía Iker Begoña Álvaro Jimena",
        "Gonçalves Peñalver Falcão Echeverría Simões Ibáñez Brandão Quiñones Macêdo Zubiría Leitão Uría",
    ),
    (
        "Jürgen Leonie Anselm Käthe Björn Sólveig Åsa Eirik Maarten Femke Søren Astrid",
        "Köhler Brückner Øverland Lindqvist Grønbæk Halvorsen Þórsson Weißmann Hjältén Dijkhuizen Sjöholm Rønning",
    ),
    (
        "Zoë François Maëlle Étienne Aoife Cormac Niamh Bastien Gaëlle Loïc Saoirse Rémi",
        "Delacroix O'Faolain Beaufort MacGiolla Lefèvre Bhroinín Château Rivière Duvallon Súilleach Gagné Noël",
    ),
    (
        "Zofia Dragoș Milena Václav Ágnes Ioana Wojciech Štěpánka Gergő Živa Łucja Radu",
        "Wiśniowska Čermáková Szűcs Ionescu Żurawski Popović Dvořáček Kőszegi Țepeluș Śliwa Novotný Hrušková",
    ),
    (
        "Amara Kwabena Ngozi Thandiwe Sipho Wanjiru Ayodele Makena Kofi Zanele Chidi Adaeze",
        "Okonjo Asantewaa Mthembu Kariuki Adeyinka Nkosana Owusuwa Wambui Dlaminika Ezeoke Mbekeni Otieno",
    ),
    (
        "Ananya Vihaan Ishita Arjun Meera Kabir Thị-Hoa Minh-Anh Quốc Siriporn Anong Bayu",
        "Chaturvedi Nambiar Deshmukh Iyengar Bhattacharjee Nguyễn Trần Phạm Wattana Suksawat Wirawan Raghunathan",
    ),
    ("Мария Дмитро Олена Пётр Снежана Ірина", "Тополева Ковальчук Березина Листопад Зоренко Вербицкая"),
    ("فاطمة يوسف ليلى كريم نور سامي", "الزهراء الحداد النجار البستاني الصياد الخياط"),
)
# Written as in their country: the family name first, without a space between.
EAST_ASIAN = (("山田 佐野 石橋 小森 春日 水谷", "太郎 美咲 健一 葵 翔太 結衣"),)
TRADES = ("Bakery", "Dental Clinic", "Hardware", "Hotel", "Law Office", "Bicycles", "Brewery", "Veterinary Practice")

# Town, postcode, streets.
TOWNS = (
    ("Quillbridge", "00114", "Harbour Road,Mill Lane,Orchard Street,Station Road,Weavers Row,Castle Hill,North Quay"),
    ("Aldermouth", "00117", "Lighthouse Avenue,Fisher Street,Salt Market,Pine Drive,Rope Walk,Beacon Road"),
    ("Upper Fernhollow", "00122", "Valley Road,Chapel Lane,Old Forge,Sheepfold Track"),
)
MAIL_HOSTS = ("example.com", "example.net", "example.org")
ACCESS_NOTES = (
    "Ring at the side door; the bell in front is dead.",
    "Friendly dog in the garden.",
    "Meter cupboard: key at the neighbour's, number 4.",
    "Mast on the barn roof, ladder behind the shed.",
)

# Name, kind, download and upload in Mbit/s, net price of a month.
PLANS = (
    ("Fibre 100", Plan.Kind.INTERNET, 100, 50, "39.99"),
    ("Fibre 500", Plan.Kind.INTERNET, 500, 250, "59.99"),
    ("Fibre 1000", Plan.Kind.INTERNET, 1000, 500, "79.99"),
    ("Cable 250", Plan.Kind.INTERNET, 250, 25, "49.99"),
    ("Wireless 50", Plan.Kind.INTERNET, 50, 10, "34.99"),
    ("Business Fibre 1000", Plan.Kind.INTERNET, 1000, 1000, "149.00"),
    ("Voice Unlimited", Plan.Kind.VOICE, None, None, "14.99"),
    ("TV Family", Plan.Kind.TV, None, None, "24.99"),
    ("Static IP address", Plan.Kind.OTHER, None, None, "5.00"),
)
HOME_PLANS = ("Fibre 100", "Fibre 100", "Fibre 500", "Fibre 500", "Fibre 1000", "Cable 250")
VILLAGE_PLAN = "Wireless 50"
BUSINESS_PLAN = "Business Fibre 1000"
# Its price rose half-way through the year.
DEARER_PLAN = "Cable 250"
EXTRAS = ("Voice Unlimited", "TV Family")
STATIC_ADDRESS = "Static IP address"
TAX, TAX_PERCENT = "VAT", 20
SETUP_FEE = "49.00"

# Name, model, cost, terms, monthly rent.
ROUTERS = (
    ("Router", "HomeBox 4", "89.00", Equipment.Terms.SOLD, "0"),
    ("Router", "HomeBox 6", "119.00", Equipment.Terms.RENTED, "4.99"),
    ("Router", "HomeBox 6", "119.00", Equipment.Terms.LENT, "0"),
)
ONT = ("Optical terminal", "ONT G-010", "45.00", Equipment.Terms.LENT, "0")
ANTENNA = ("Roof antenna", "AirLink 5", "139.00", Equipment.Terms.LENT, "0")
