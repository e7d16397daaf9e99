import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=100)),
                ('act', models.CharField(choices=[('read', 'read'), ('save', 'save'), ('comment', 'comment'), ('share', 'share')], max_length=16)),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'delegation',
                'verbose_name_plural': 'delegations',
                'ordering': ('service', 'act', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='ScenarioToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('matrix_id', models.CharField(max_length=255)),
                ('target', models.UUIDField(blank=True, null=True)),
                ('room', models.CharField(blank=True, max_length=255)),
                ('max_bytes', models.PositiveBigIntegerField(blank=True, null=True)),
                ('media_types', models.JSONField(blank=True, default=list)),
                ('uses_left', models.PositiveSmallIntegerField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('delegation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='grants.delegation')),
            ],
            options={
                'verbose_name': 'scenario token',
                'verbose_name_plural': 'scenario tokens',
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='Use',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(blank=True, max_length=100)),
                ('what', models.CharField(choices=[('trade', 'Trade'), ('use', 'Use'), ('finish', 'Finish'), ('introspect', 'Introspect')], max_length=16)),
                ('act', models.CharField(choices=[('read', 'read'), ('save', 'save'), ('comment', 'comment'), ('share', 'share')], max_length=16)),
                ('item', models.UUIDField(blank=True, null=True)),
                ('room', models.CharField(blank=True, max_length=255)),
                ('reference', models.UUIDField(blank=True, null=True)),
                ('refused', models.CharField(blank=True, max_length=32)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='uses', to='grants.scenariotoken')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'use',
                'verbose_name_plural': 'uses',
                'ordering': ('-at', '-pk'),
            },
        ),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('user', 'service', 'act'), name='delegation_once'),
        ),
        migrations.AddIndex(
            model_name='use',
            index=models.Index(fields=['user', '-at'], name='uses_of_person'),
        ),
    ]
