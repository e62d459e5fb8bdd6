from django.db import migrations

# Whoever objects to statistics is in no sum, as somebody whose data are restricted is in none (0003 says how people are counted).
PERSON = """
CREATE OR REPLACE VIEW shop_report_person AS
WITH RECURSIVE resting (subject_id, rests) AS (
    SELECT subject.id, subject.restricted_at IS NOT NULL OR EXISTS (
        SELECT FROM privacy_objection objection
        WHERE objection.subject_id = subject.id
            AND objection.purpose = 'statistics'
            AND objection.standing <> 'overridden'
    )
    FROM privacy_subject subject
), joined (subject_id, person_id, is_restricted) AS (
    SELECT resting.subject_id, resting.subject_id, resting.rests
    FROM resting
    WHERE NOT EXISTS (SELECT FROM privacy_subjectlink link WHERE link.child_id = resting.subject_id)
    UNION ALL
    SELECT resting.subject_id, joined.person_id, joined.is_restricted OR resting.rests
    FROM joined
    JOIN privacy_subjectlink link ON link.root_id = joined.subject_id
    JOIN resting ON resting.subject_id = link.child_id
)
SELECT subject_id, person_id, bool_or(is_restricted) OVER (PARTITION BY person_id) AS is_restricted
FROM joined
"""
BEFORE = """
CREATE OR REPLACE VIEW shop_report_person AS
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


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0032_objections'),
        ('shop', '0004_kept_sums'),
    ]

    operations = [migrations.RunSQL(PERSON, BEFORE)]
