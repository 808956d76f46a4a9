"""Drop the indexes that no question is asked of: each costs every record that comes in.

By their names, so that no table is built anew: on SQLite its triggers would be gone.
"""

import django.db.models.deletion
from django.db import migrations, models

UNREAD = (
    "canonical_billingschedule_bill_to_client_id_1ac7df93",
    "canonical_billingschedule_contract_id_cff86395",
    "canonical_billingschedule_engagement_id_2cff8751",
    "canonical_change_golden_id_8da5a984",
    "canonical_client_account_owner_id_29d0c773",
    "canonical_client_parent_id_d14e7de6",
    "canonical_contract_client_id_9b73ba93",
    "canonical_contract_parent_id_25785345",
    "canonical_contract_rate_card_id_94739281",
    "canonical_contractline_engagement_id_9bc4d4f7",
    "canonical_engagement_bill_to_client_id_be5e289d",
    "canonical_engagement_client_id_defc2082",
    "canonical_engagement_manager_id_6c885eb1",
    "canonical_engagement_parent_id_e6db0835",
    "canonical_engagement_partner_id_975dda8c",
    "canonical_engagement_rate_card_id_e71d1e06",
    "canonical_golden_merged_into_id_99f92231",
    "canonical_historicalbillingschedule_bill_to_client_id_7773b45b",
    "canonical_historicalbillingschedule_contract_id_291edee9",
    "canonical_historicalbillingschedule_engagement_id_2b53de15",
    "canonical_historicalbillingschedule_history_date_dd1bd457",
    "canonical_historicalclient_account_owner_id_d9d226f0",
    "canonical_historicalclient_history_date_16886b17",
    "canonical_historicalclient_parent_id_5b16ddad",
    "canonical_historicalcontract_client_id_d4fdb120",
    "canonical_historicalcontract_history_date_13c1fc92",
    "canonical_historicalcontract_parent_id_9628f6d9",
    "canonical_historicalcontract_rate_card_id_5209d573",
    "canonical_historicalengagement_bill_to_client_id_f02b2b00",
    "canonical_historicalengagement_client_id_518ad019",
    "canonical_historicalengagement_history_date_012014f2",
    "canonical_historicalengagement_manager_id_53741dd8",
    "canonical_historicalengagement_parent_id_920210c0",
    "canonical_historicalengagement_partner_id_844db17a",
    "canonical_historicalengagement_rate_card_id_6c3013e7",
    "canonical_historicalratecard_base_rate_card_id_43541e80",
    "canonical_historicalratecard_history_date_fa4bf36b",
    "canonical_historicalresource_history_date_6972198f",
    "canonical_historicalresource_manager_id_8b709d02",
    "canonical_historicalresource_supplier_id_3b622d14",
    "canonical_link_merge_id_da0d205c",
    "canonical_ratecard_base_rate_card_id_18b28934",
    "canonical_rateline_resource_id_4d5ce2e8",
    "canonical_resource_manager_id_db4612e6",
    "canonical_resource_supplier_id_f1411e56",
    "canonical_golden_code_6185379a_like",
)


class Migration(migrations.Migration):

    dependencies = [
        ('canonical', '0013_configuration_in_the_audit'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f'DROP INDEX IF EXISTS "{name}"', migrations.RunSQL.noop)
                for name in UNREAD
            ],
            state_operations=[
                migrations.AlterField(
                    model_name='billingschedule',
                    name='bill_to_client',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='billingschedule',
                    name='contract',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.contract'),
                ),
                migrations.AlterField(
                    model_name='billingschedule',
                    name='engagement',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.engagement'),
                ),
                migrations.AlterField(
                    model_name='change',
                    name='golden',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='canonical.golden'),
                ),
                migrations.AlterField(
                    model_name='client',
                    name='account_owner',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='client',
                    name='parent',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='contract',
                    name='client',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='contract',
                    name='parent',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.contract'),
                ),
                migrations.AlterField(
                    model_name='contract',
                    name='rate_card',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.ratecard'),
                ),
                migrations.AlterField(
                    model_name='contractline',
                    name='engagement',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.engagement'),
                ),
                migrations.AlterField(
                    model_name='engagement',
                    name='bill_to_client',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='engagement',
                    name='client',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='engagement',
                    name='manager',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='engagement',
                    name='parent',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.engagement'),
                ),
                migrations.AlterField(
                    model_name='engagement',
                    name='partner',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='engagement',
                    name='rate_card',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.ratecard'),
                ),
                migrations.AlterField(
                    model_name='golden',
                    name='merged_into',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='absorbed', to='canonical.golden'),
                ),
                migrations.AlterField(
                    model_name='historicalbillingschedule',
                    name='bill_to_client',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='historicalbillingschedule',
                    name='contract',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.contract'),
                ),
                migrations.AlterField(
                    model_name='historicalbillingschedule',
                    name='engagement',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.engagement'),
                ),
                migrations.AlterField(
                    model_name='historicalbillingschedule',
                    name='history_date',
                    field=models.DateTimeField(),
                ),
                migrations.AlterField(
                    model_name='historicalclient',
                    name='account_owner',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='historicalclient',
                    name='history_date',
                    field=models.DateTimeField(),
                ),
                migrations.AlterField(
                    model_name='historicalclient',
                    name='parent',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='historicalcontract',
                    name='client',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='historicalcontract',
                    name='history_date',
                    field=models.DateTimeField(),
                ),
                migrations.AlterField(
                    model_name='historicalcontract',
                    name='parent',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.contract'),
                ),
                migrations.AlterField(
                    model_name='historicalcontract',
                    name='rate_card',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.ratecard'),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='bill_to_client',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='client',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='history_date',
                    field=models.DateTimeField(),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='manager',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='parent',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.engagement'),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='partner',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='historicalengagement',
                    name='rate_card',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.ratecard'),
                ),
                migrations.AlterField(
                    model_name='historicalratecard',
                    name='base_rate_card',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.ratecard'),
                ),
                migrations.AlterField(
                    model_name='historicalratecard',
                    name='history_date',
                    field=models.DateTimeField(),
                ),
                migrations.AlterField(
                    model_name='historicalresource',
                    name='history_date',
                    field=models.DateTimeField(),
                ),
                migrations.AlterField(
                    model_name='historicalresource',
                    name='manager',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='historicalresource',
                    name='supplier',
                    field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='canonical.client'),
                ),
                migrations.AlterField(
                    model_name='link',
                    name='merge',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='canonical.merge'),
                ),
                migrations.AlterField(
                    model_name='ratecard',
                    name='base_rate_card',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.ratecard'),
                ),
                migrations.AlterField(
                    model_name='rateline',
                    name='resource',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='resource',
                    name='manager',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.resource'),
                ),
                migrations.AlterField(
                    model_name='resource',
                    name='supplier',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='canonical.client'),
                ),
            ],
        ),
        migrations.RemoveIndex(
            model_name='link',
            name='link_open_golden',
        ),
        migrations.AddIndex(
            model_name='golden',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['merged_into'], name='golden_absorbed'),
        ),
        migrations.AddIndex(
            model_name='link',
            index=models.Index(condition=models.Q(('merge__isnull', False)), fields=['merge'], name='link_moved'),
        ),
    ]
