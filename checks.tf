# What is allowed and probably not meant: said at plan time, without stopping it.

check "soci_index_version" {
  assert {
    condition     = !var.create || var.soci_index_version == "V2"
    error_message = "soci_index_version is V1: AWS accounts that have not used SOCI V1 before never lazy-load its indexes, and nothing says so when a task starts. Write \"V2\" unless this account has."
  }
}

check "repository_arns" {
  assert {
    condition     = !var.create || local.repository_arns_width == 0
    error_message = "The ${length(local.repository_patterns)} repositories of the filters do not fit an inline policy of ${local.inline_policy_max_characters} characters, so that the generator may also write to ${["", "everything under the same first names", "all repositories of this account and region"][local.repository_arns_width]}. Write fewer and wider filters, or use two instances of the module with different names."
  }
}
