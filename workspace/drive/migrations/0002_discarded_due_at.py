"""A copy that is being looked at is noted before it is made, so a note says from when on it may be heeded."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('drive', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='discarded',
            name='due_at',
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now),
        ),
    ]
