import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
import django.contrib.postgres.search
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


# English, with accents folded away: "Solène" is found by "solene". A configuration of our own, since PostgreSQL
# lets a generated column call to_tsvector with a named configuration but not unaccent() itself.
SEARCH_CONFIGURATION = """
CREATE TEXT SEARCH CONFIGURATION loupe (COPY = english);
ALTER TEXT SEARCH CONFIGURATION loupe
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(SEARCH_CONFIGURATION, "DROP TEXT SEARCH CONFIGURATION loupe"),
        migrations.CreateModel(
            name='Variant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sku', models.CharField(max_length=40, unique=True)),
                ('metal', models.CharField(choices=[('yellow-gold', '18 ct yellow gold'), ('white-gold', '18 ct white gold'), ('rose-gold', '18 ct rose gold'), ('platinum', 'Platinum 950'), ('silver', 'Sterling silver')], max_length=12)),
                ('carat', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('length_cm', models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
                ('ring_size', models.CharField(blank=True, max_length=5, verbose_name='ring size (US)')),
                ('price_minor', models.PositiveIntegerField(verbose_name='price in minor units')),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('weight_grams', models.DecimalField(decimal_places=2, max_digits=6)),
                ('lead_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="lead time in working days, if other than the product's")),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_live', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ('product_id', 'position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('blurb', models.CharField(blank=True, max_length=240)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='styles', to='shop.category')),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ('position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('sku', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('archetype', models.SlugField(max_length=40)),
                ('blurb', models.CharField(max_length=200)),
                ('description', models.TextField()),
                ('care', models.TextField(blank=True)),
                ('stones', models.CharField(choices=[('none', 'No stones'), ('single', 'One stone'), ('several', 'Several stones')], default='none', max_length=8)),
                ('stone_origin', models.CharField(blank=True, choices=[('natural', 'Natural'), ('lab', 'Laboratory-grown'), ('cultured', 'Cultured'), ('unstated', 'Origin not stated')], default='', max_length=8)),
                ('stone_words', models.CharField(blank=True, max_length=120, verbose_name='stones in words')),
                ('resizable', models.BooleanField(default=False)),
                ('engravable', models.BooleanField(default=False)),
                ('lead_days', models.PositiveSmallIntegerField(default=5, verbose_name='lead time in working days')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_live', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
                ('min_price_minor', models.PositiveIntegerField(editable=False, null=True)),
                ('max_price_minor', models.PositiveIntegerField(editable=False, null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('metals', models.CharField(blank=True, editable=False, max_length=80)),
                ('keywords', models.TextField(blank=True, editable=False)),
                ('search', models.GeneratedField(db_persist=True, expression=django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.CombinedSearchVector(django.contrib.postgres.search.SearchVector('name', config='loupe', weight='A'), '||', django.contrib.postgres.search.SearchVector('keywords', config='loupe', weight='B'), django.contrib.postgres.search.SearchConfig('loupe')), '||', django.contrib.postgres.search.SearchVector('blurb', config='loupe', weight='C'), django.contrib.postgres.search.SearchConfig('loupe')), '||', django.contrib.postgres.search.SearchVector('description', config='loupe', weight='D'), django.contrib.postgres.search.SearchConfig('loupe')), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='products', to='shop.category')),
            ],
            options={
                'ordering': ('position', 'id'),
            },
        ),
        migrations.CreateModel(
            name='StockLevel',
            fields=[
                ('variant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='stock', serialize=False, to='shop.variant')),
                ('on_hand', models.PositiveIntegerField(default=0)),
                ('reserved', models.PositiveIntegerField(default=0, editable=False)),
            ],
        ),
        migrations.AddField(
            model_name='variant',
            name='product',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variants', to='shop.product'),
        ),
        migrations.CreateModel(
            name='Stone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=14, unique=True)),
                ('source', models.CharField(choices=[('dataset', 'Public diamonds data set'), ('demo', 'Made up for this demonstration'), ('house', 'Our own safe')], max_length=8)),
                ('shape', models.CharField(choices=[('round', 'Round'), ('oval', 'Oval'), ('cushion', 'Cushion'), ('princess', 'Princess'), ('emerald', 'Emerald'), ('pear', 'Pear'), ('marquise', 'Marquise'), ('radiant', 'Radiant'), ('asscher', 'Asscher'), ('heart', 'Heart')], max_length=10)),
                ('origin', models.CharField(choices=[('natural', 'Natural'), ('lab', 'Laboratory-grown'), ('cultured', 'Cultured'), ('unstated', 'Origin not stated')], max_length=8)),
                ('carat', models.DecimalField(decimal_places=2, max_digits=5)),
                ('cut', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'Ideal'), (2, 'Premium'), (3, 'Very good'), (4, 'Good'), (5, 'Fair')], null=True)),
                ('colour', models.PositiveSmallIntegerField(choices=[(1, 'D'), (2, 'E'), (3, 'F'), (4, 'G'), (5, 'H'), (6, 'I'), (7, 'J')])),
                ('clarity', models.PositiveSmallIntegerField(choices=[(1, 'IF'), (2, 'VVS1'), (3, 'VVS2'), (4, 'VS1'), (5, 'VS2'), (6, 'SI1'), (7, 'SI2'), (8, 'I1')])),
                ('depth_pct', models.DecimalField(decimal_places=1, max_digits=4, verbose_name='depth %')),
                ('table_pct', models.DecimalField(decimal_places=1, max_digits=4, verbose_name='table %')),
                ('x_mm', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='length in mm')),
                ('y_mm', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='width in mm')),
                ('z_mm', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='height in mm')),
                ('price_minor', models.PositiveIntegerField(verbose_name='price in minor units')),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('is_settable', models.BooleanField(default=True, verbose_name='can be set in a piece')),
                ('status', models.CharField(choices=[('available', 'Available'), ('reserved', 'Reserved'), ('sold', 'Sold'), ('withheld', 'Withheld')], default='available', max_length=9)),
            ],
            options={
                'ordering': ('id',),
                'indexes': [models.Index(models.F('price_minor'), models.F('id'), condition=models.Q(('status', 'available')), name='stone_price'), models.Index(models.F('carat'), models.F('id'), condition=models.Q(('status', 'available')), name='stone_carat'), models.Index(models.F('shape'), models.F('price_minor'), models.F('id'), condition=models.Q(('status', 'available')), name='stone_shape'), models.Index(condition=models.Q(('status', 'available')), fields=['shape', 'origin', 'cut', 'colour', 'clarity'], include=('carat', 'price_minor', 'depth_pct', 'table_pct'), name='stone_facets')],
                'constraints': [models.CheckConstraint(condition=models.Q(('carat__gt', Decimal('0'))), name='stone_carat_positive'), models.CheckConstraint(condition=models.Q(('price_minor__gt', 0)), name='stone_has_a_price'), models.CheckConstraint(condition=models.Q(models.Q(('x_mm__gt', 0), ('y_mm__gt', 0), ('z_mm__gt', 0)), models.Q(('is_settable', False), ('x_mm__isnull', True), ('y_mm__isnull', True), ('z_mm__isnull', True)), _connector='OR'), name='stone_measured_or_not_settable', violation_error_message='A stone without measurements cannot be set in a piece.'), models.CheckConstraint(condition=models.Q(models.Q(('cut__isnull', False), ('shape', 'round')), models.Q(models.Q(('shape', 'round'), _negated=True), ('cut__isnull', True)), _connector='OR'), name='stone_cut_graded_when_round', violation_error_message='Round stones have a cut grade; other shapes have none.')],
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.UUIDField()),
                ('quantity', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('held', 'Held'), ('committed', 'Sold'), ('released', 'Released')], default='held', max_length=9)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('variant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='shop.variant')),
                ('stone', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='shop.stone')),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lab', models.CharField(max_length=40)),
                ('number', models.CharField(max_length=24)),
                ('is_demo', models.BooleanField(default=False)),
                ('stone', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='certificate', to='shop.stone')),
            ],
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(models.F('category'), models.F('position'), models.F('id'), condition=models.Q(('is_live', True)), name='product_shelf'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], name='product_search'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['name', 'keywords'], name='product_trigram', opclasses=['gin_trgm_ops', 'gin_trgm_ops']),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stone_origin', ''), ('stones', 'none')), models.Q(models.Q(('stones', 'none'), _negated=True), models.Q(('stone_origin', ''), _negated=True)), _connector='OR'), name='product_stones_have_origin', violation_error_message='A piece with stones states their origin; one without has none.'),
        ),
        migrations.AddConstraint(
            model_name='stocklevel',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__gte', 0), ('reserved__lte', models.F('on_hand'))), name='stock_never_promised_twice', violation_error_message='More are promised to orders than there would be.'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.UniqueConstraint(fields=('product', 'metal', 'carat', 'length_cm', 'ring_size'), name='variant_is_one_choice', nulls_distinct=False, violation_error_message='There is a variant with these choices already.'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('price_minor__gt', 0)), name='variant_has_a_price'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.CheckConstraint(condition=models.Q(('carat__isnull', True), ('carat__gt', Decimal('0')), _connector='OR'), name='variant_carat_positive'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stone__isnull', True), ('variant__isnull', False)), models.Q(('quantity', 1), ('stone__isnull', False), ('variant__isnull', True)), _connector='OR'), name='reservation_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='reservation_of_something'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.UniqueConstraint(condition=models.Q(('variant__isnull', False)), fields=('owner', 'variant'), name='reservation_variant_once'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.UniqueConstraint(condition=models.Q(('stone__isnull', False)), fields=('owner', 'stone'), name='reservation_stone_once'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['held', 'committed']), ('stone__isnull', False)), fields=('stone',), name='reservation_of_a_stone_live_once'),
        ),
        migrations.AddConstraint(
            model_name='certificate',
            constraint=models.UniqueConstraint(fields=('lab', 'number'), name='certificate_number_once'),
        ),
    ]
