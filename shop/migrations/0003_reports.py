from django.db import migrations, models

# Sums for the reports (`shop.reports`). The views are the only thing the reports read, and they keep the threshold themselves:
# whoever may read a view finds no person in it, no cell of fewer than ten people, and no day or month that is still going on.
#
# Who is a person: subjects joined by a proof are one. Somebody whose data are restricted is in no sum. A row without a subject
# might be anybody's, so all such rows of a cell together count as one person. `visited` alone is written once a day for each
# browser, so there every row without a subject is a visitor.
PERSON = """
CREATE VIEW shop_report_person AS
WITH RECURSIVE joined (subject_id, person_id, is_restricted) AS (
    SELECT subject.id, subject.id, subject.restricted_at IS NOT NULL
    FROM privacy_subject subject
    WHERE NOT EXISTS (SELECT FROM privacy_subjectlink link WHERE link.child_id = subject.id)
    UNION ALL
    SELECT subject.id, joined.person_id, joined.is_restricted OR subject.restricted_at IS NOT NULL
    FROM joined
    JOIN privacy_subjectlink link ON link.root_id = joined.subject_id
    JOIN privacy_subject subject ON subject.id = link.child_id
)
SELECT subject_id, person_id, bool_or(is_restricted) OVER (PARTITION BY person_id) AS is_restricted
FROM joined
"""
PIECES = """
CREATE VIEW shop_report_activity AS
SELECT
    (date_trunc('month', activity.at, 'UTC') AT TIME ZONE 'UTC')::date AS month,
    activity.kind,
    activity.object_ref,
    count(*) AS times,
    count(DISTINCT coalesce(person.person_id, activity.subject_id)) + max((activity.subject_id IS NULL)::int) AS people
FROM shop_activity activity
LEFT JOIN shop_report_person person ON person.subject_id = activity.subject_id
WHERE activity.kind <> 'visited'
    AND person.is_restricted IS NOT TRUE
    AND activity.at < date_trunc('month', now(), 'UTC')
GROUP BY 1, 2, 3
HAVING count(DISTINCT coalesce(person.person_id, activity.subject_id)) + max((activity.subject_id IS NULL)::int) >= 10
"""
VISITORS = """
CREATE VIEW shop_report_visitors AS
SELECT
    (activity.at AT TIME ZONE 'UTC')::date AS day,
    count(DISTINCT coalesce(person.person_id, activity.subject_id))
        + count(*) FILTER (WHERE activity.subject_id IS NULL) AS people
FROM shop_activity activity
LEFT JOIN shop_report_person person ON person.subject_id = activity.subject_id
WHERE activity.kind = 'visited'
    AND person.is_restricted IS NOT TRUE
    AND activity.at < date_trunc('day', now(), 'UTC')
GROUP BY 1
HAVING count(DISTINCT coalesce(person.person_id, activity.subject_id))
    + count(*) FILTER (WHERE activity.subject_id IS NULL) >= 10
"""


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0001_initial'),
        ('shop', '0002_activity'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='activity',
            options={'permissions': (('view_reports', 'Can read the reports'),), 'verbose_name_plural': 'activity'},
        ),
        migrations.AlterField(
            model_name='activity',
            name='kind',
            field=models.CharField(choices=[('viewed', 'Looked at'), ('searched', 'Looked for'), ('added', 'Put into the bag'), ('visited', 'Came by')], max_length=8),
        ),
        migrations.RunSQL(PERSON, 'DROP VIEW shop_report_person'),
        migrations.RunSQL(PIECES, 'DROP VIEW shop_report_activity'),
        migrations.RunSQL(VISITORS, 'DROP VIEW shop_report_visitors'),
    ]
