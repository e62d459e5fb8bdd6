from django.db import migrations, models

import orders.models.papers


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_disputes'),
    ]

    operations = [
        migrations.RenameField(model_name='paper', old_name='file_name', new_name='file'),
        migrations.AlterField(
            model_name='paper',
            name='file',
            field=models.FileField(storage=orders.models.papers.sealed_papers, unique=True, upload_to=''),
        ),
    ]
