"""Who may come in: people and their groups, and the credentials of systems."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken
from unfold.admin import ModelAdmin as ThemedAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from canonical.admin.base import ReadOnlyAdmin, principal_of
from canonical.golden.cause import cause_of
from canonical.governance import credentials
from canonical.identity.errors import Conflict
from canonical.models import Credential, System, User
from canonical.models.access import SCOPES

for model in (Group, Credential, AccessToken, Grant, IDToken, RefreshToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class NewCredential(forms.Form):
    """What a new credential may do."""

    system = forms.ModelChoiceField(
        System.objects.filter(active=True),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="The only system it may write for; none for a service.",
    )
    name = forms.CharField(max_length=255, required=False, widget=UnfoldAdminTextInputWidget)
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {label}") for scope, label in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    restricted = forms.BooleanField(
        required=False, widget=UnfoldBooleanWidget, label="Sees restricted attributes"
    )


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin[Credential]):
    """Credentials; a secret is shown once, when it is issued or rotated."""

    list_display = ("name", "client_id", "system", "scope_names", "restricted", "active")
    list_filter = ("active", "system", "restricted")
    list_select_related = ("system",)
    search_fields = ("name", "client_id")
    ordering = ("name",)
    fields = (
        "name", "client_id", "system", "scope_names", "restricted", "all_systems", "active",
        "previous_secret_until", "created",
    )  # fmt: skip
    change_form_after_template = "canonical/admin/rotate_credential.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may("admin")

    @admin.display(description="Scopes")
    def scope_names(self, credential: Credential) -> str:
        return ", ".join(credential.scopes)

    def get_urls(self) -> list[Any]:
        deeds = {"rotate": self.rotate, "revoke": self.revoke}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(deed),
                    name=f"canonical_credential_{name}",
                )
                for name, deed in deeds.items()
            ),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """Issue a credential and show its secret, for the only time."""
        self._check_admin(request)
        form = NewCredential(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            issued = credentials.issue(
                given["system"],
                given["scopes"],
                given["name"],
                given["restricted"],
                cause_of(principal_of(request)),
            )
            return self._secret(request, issued.credential, issued.client_secret)
        context = self._context(request, "Issue a credential", form=form)
        return render(request, "canonical/admin/issue_credential.html", context)

    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give it a new secret; the old one stays good for a day."""
        self._check_admin(request)
        credential = get_object_or_404(Credential, pk=object_id)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        try:
            cause = cause_of(principal_of(request))
            secret = credentials.rotate(credential, credentials.KEEP_PREVIOUS, cause)
        except Conflict as error:
            messages.error(request, str(error))
            return redirect("admin:canonical_credential_change", credential.pk)
        return self._secret(request, credential, secret)

    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let it in no more."""
        self._check_admin(request)
        credential = get_object_or_404(Credential, pk=object_id)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        credentials.revoke(credential, cause_of(principal_of(request)))
        messages.success(request, f"{credential.name} is revoked.")
        return redirect("admin:canonical_credential_change", credential.pk)

    def _secret(self, request: HttpRequest, credential: Credential, secret: str) -> HttpResponse:
        context = self._context(request, "The secret", credential=credential, secret=secret)
        return render(request, "canonical/admin/credential_secret.html", context)

    def _context(self, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}

    def _check_admin(self, request: HttpRequest) -> None:
        if not principal_of(request).may("admin"):
            raise PermissionDenied


class _ByAdministrators:
    """People and groups are looked at by staff and changed with the scope `admin`."""

    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return principal_of(request).may("admin")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may("admin")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return principal_of(request).may("admin")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser changes a superuser, or administrators could become one."""
        above = isinstance(obj, User) and obj.is_superuser
        own = bool(getattr(request.user, "is_superuser", False))
        return principal_of(request).may("admin") and (own or not above)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(_ByAdministrators, PlainUserAdmin, ThemedAdmin):  # type: ignore[type-arg, misc]
    """People. They are made inactive, never deleted: the journal names them."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser")
    list_filter = ("is_active", "is_superuser", "groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        powers = ("is_superuser", "user_permissions")
        own = bool(getattr(request.user, "is_superuser", False))
        return ("last_login", "date_joined") if own else (*powers, "last_login", "date_joined")


@admin.register(Group)
class GroupAdmin(_ByAdministrators, PlainGroupAdmin, ThemedAdmin):  # type: ignore[misc]
    """Groups and what they may do."""
