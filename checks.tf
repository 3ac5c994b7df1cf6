# Warnings at plan time for settings that are valid but probably a mistake.

check "soci_index_version" {
  assert {
    condition     = !var.create || var.soci_index_version == "V2" || var.silence_v1_warning
    error_message = "soci_index_version is V1: AWS accounts that have not used SOCI V1 before never lazy-load its indexes, and a task starts without an error message. For other accounts, V1 may no longer work at all. Use \"V2\", or set silence_v1_warning = true if this account has used V1."
  }
}

check "inputs_of_version_2" {
  assert {
    condition     = !var.create || var.soci_index_version == "V2" || (var.target_tag_template == "{tag}-soci" && !var.tag_skipped_images)
    error_message = "soci_index_version is V1, which writes no tags, so target_tag_template and tag_skipped_images have no effect. Remove them, or set soci_index_version = \"V2\"."
  }
}

check "repository_arns" {
  assert {
    condition     = !var.create || local.repository_arns_width == 0
    error_message = "The ${length(local.repository_patterns)} repositories of the filters do not fit into an inline policy of ${local.inline_policy_max_characters} characters, so the generator may also write to ${["", "all repositories with the same first path components", "all repositories of this account and region"][local.repository_arns_width]}. Write fewer and wider filters, or use two instances of the module with different names."
  }
}
