"""Every limit of the product in one table, each with its unit in its name.

A limit turns hostile or mistaken input into a clear message instead of a slow or dead server.
"""

# Packages and definition files
package_files_max = 2_000
package_file_bytes_max = 1_000_000
package_bytes_max = 100_000_000
package_zip_ratio_max = 100
document_depth_max = 40
name_length_max = 48

# Expressions (the language)
expression_chars_max = 4_000
expression_nodes_max = 500
expression_depth_max = 32
list_items_max = 1_000
call_arguments_max = 100
"""What both databases take; longer lists are said in square brackets."""
path_hops_max = 3
aggregate_depth_max = 1
text_result_bytes_max = 65_536
power_exponent_max = 64
decimal_digits_max = 18
decimal_scale_max = 6
number_digits_max = 300
"""Digits of any intermediate result of exact arithmetic."""

# Records
duration_seconds_max = 10_000 * 366 * 86_400
"""Longer than the calendar is no length of time."""
text_chars_max = 2_000
long_text_chars_max = 100_000
key_chars_max = 600
"""Characters of all texts of a unique key or index together: what fits into an index entry of PostgreSQL (2,704 bytes)."""
lines_max = 10_000
page_rows_default = 50
page_rows_max = 500
batch_rows_max = 1_000
sort_fields_max = 5

# Import and export
import_rows_max = 1_000_000
import_columns_max = 512
import_file_bytes_max = 200_000_000
import_report_problems_max = 1_000
import_batch_rows = 1_000
import_trial_rows = 20_000
import_remembered_values_max = 50_000
export_page_rows = 500

# Files in fields
file_bytes_max = 50_000_000
file_part_bytes = 1_000_000
file_name_chars_max = 120
field_files_max = 100
loose_files_max = 200
loose_files_bytes_max = 500_000_000
loose_file_hours = 24

# Web
request_bytes_max = 2_000_000
upload_bytes_max = 50_000_000
form_bytes_max = 200_000_000
json_depth_max = 64
login_attempts_per_minute = 10
login_attempts_per_address_per_minute = 60
session_idle_hours = 12
session_hours_max = 24 * 14
password_chars_min = 8
password_chars_max = 200
idempotency_days = 7
setup_link_hours = 72
"""How long a link for setting a password may be used."""

# Migrations
migration_batch_rows = 5_000
