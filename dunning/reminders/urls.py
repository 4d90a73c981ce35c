"""The addresses of rules, texts, reminders and calls."""

from django.urls import path

from customerflow.crud import crud
from dunning.models import CallTask, Execution, Notice, Rule, Template
from dunning.reminders import filters, tables, views
from dunning.reminders.dry_run_views import DryRun
from dunning.reminders.forms import RuleForm, TemplateForm

READ_ONLY = dict.fromkeys(["create_view", "update_view", "delete_view", "lookup_view"])

urlpatterns = [
    *crud(
        Rule,
        table=tables.RuleTable,
        filterset=filters.RuleFilter,
        form=RuleForm,
        list_view=views.RuleList,
        detail_view=views.RuleDetail,
        lookup_view=None,
    ),
    path("reminder-rules/usual/", views.RuleUsual.as_view(), name="rule_usual"),
    path("reminder-rules/<int:rule>/dry-run/", DryRun.as_view(), name="rule_dry_run"),
    path("reminder-rules/<int:pk>/on/", views.RuleSwitchOn.as_view(), name="rule_on"),
    path("reminder-rules/<int:pk>/off/", views.RuleSwitchOff.as_view(), name="rule_off"),
    *crud(
        Template,
        table=tables.TemplateTable,
        filterset=filters.TemplateFilter,
        form=TemplateForm,
        detail_view=views.TemplateDetail,
        lookup_view=None,
    ),
    path("reminder-texts/<int:pk>/letter/", views.TemplateLetter.as_view(), name="template_letter"),
    path("reminders/print/", views.NoticePrint.as_view(), name="notice_print"),
    path("reminders/<int:pk>/letter/", views.NoticeLetter.as_view(), name="notice_letter"),
    path("reminders/<int:pk>/print/", views.NoticePrintInstead.as_view(), name="notice_print_instead"),
    *crud(
        Notice,
        table=tables.NoticeTable,
        filterset=filters.NoticeFilter,
        form=None,
        list_view=views.NoticeList,
        detail_view=views.NoticeDetail,
        **READ_ONLY,
    ),
    *crud(
        Execution,
        table=tables.ExecutionTable,
        filterset=filters.ExecutionFilter,
        form=None,
        detail_view=None,
        **READ_ONLY,
    ),
    *crud(
        CallTask,
        table=tables.CallTable,
        filterset=filters.CallFilter,
        form=None,
        detail_view=views.CallDetail,
        **READ_ONLY,
    ),
    path("calls/<int:pk>/done/", views.CallDone.as_view(), name="calltask_done"),
]
