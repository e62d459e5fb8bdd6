from django.db import migrations

# Orders by week, for the reports and for shops that carry our pieces (`orders.reports`); the rules are those of the views of
# `shop` 0003: ten people at least, weeks that are over, nobody whose data are restricted. Only what was paid counts.
ORDERS = """
CREATE VIEW orders_report_weeks AS
SELECT
    (date_trunc('week', placed.placed_at, 'UTC') AT TIME ZONE 'UTC')::date AS week,
    count(*) AS orders,
    count(DISTINCT coalesce(person.person_id, placed.subject_id)) AS people
FROM orders_order placed
LEFT JOIN shop_report_person person ON person.subject_id = placed.subject_id
WHERE placed.state IN ('paid', 'packed', 'shipped', 'delivered', 'refunded')
    AND person.is_restricted IS NOT TRUE
    AND placed.placed_at < date_trunc('week', now(), 'UTC')
GROUP BY 1
HAVING count(DISTINCT coalesce(person.person_id, placed.subject_id)) >= 10
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0005_paper_file'),
        ('shop', '0003_reports'),
    ]

    operations = [migrations.RunSQL(ORDERS, 'DROP VIEW orders_report_weeks')]
