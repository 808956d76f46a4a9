"""Controlled vocabularies, typed reference data, and what each system calls the terms.

Vocabulary 1-n Term; Crosswalk: (System, Vocabulary, the system's value) -> Term.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from canonical.models.registry import System


class Vocabulary(models.Model):
    """A named list of terms; only an extensible one takes new terms from people."""

    name = models.CharField(max_length=40, primary_key=True)
    title = models.CharField(max_length=120)
    extensible = models.BooleanField(default=False)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "vocabularies"

    def __str__(self) -> str:
        return self.title or self.name


class Term(models.Model):
    """One allowed value of a vocabulary."""

    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.PROTECT, related_name="terms")
    code = models.CharField(max_length=60)
    label = models.CharField(max_length=120, blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("vocabulary", "position", "code")
        constraints = [
            models.UniqueConstraint(fields=["vocabulary", "code"], name="term_code_unique")
        ]

    def __str__(self) -> str:
        return self.label or self.code


class LegalEntity(models.Model):
    """What we know of one of our own legal entities, beyond its term."""

    term = models.OneToOneField(Term, primary_key=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=255)
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=60, default="UTC")
    tax_ids = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "legal entities"

    def __str__(self) -> str:
        return self.name


class PaymentTerm(models.Model):
    """When an invoice under these terms is due, and what early payment earns."""

    term = models.OneToOneField(Term, primary_key=True, on_delete=models.CASCADE)
    net_days = models.PositiveIntegerField()
    discount_pct = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    discount_days = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.net_days} days net"


class Crosswalk(models.Model):
    """A system's word for a term: many words may come in, one default goes out."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="crosswalk")
    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.PROTECT, related_name="crosswalk")
    value = models.CharField(max_length=255)
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="crosswalk")
    outbound = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "crosswalk"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "vocabulary", "value"], name="crosswalk_value"
            ),
            models.UniqueConstraint(
                fields=["system", "term"], name="crosswalk_one_outbound", condition=Q(outbound=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.value}"


class ExchangeRate(models.Model):
    """Units of `to_currency` for one unit of `from_currency` on a day; for ordering and roll-up."""

    from_currency = models.CharField(max_length=3)
    to_currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=19, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_currency", "to_currency", "day"], name="exchange_rate_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_currency}/{self.to_currency} {self.day}"
