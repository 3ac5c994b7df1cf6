# Every value that the module rejects, each alone. The module under test is only variables.tf (by a symbolic link), which
# needs no provider, so ninety runs take two seconds instead of a minute. limits.tftest.hcl has the values that are
# accepted.

run "rejects_an_empty_list_of_filters" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = []
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_an_empty_filter" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = [""]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_filter_of_spaces" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["  "]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_null_filter" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = [null]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_an_extra_comma" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod:latest,"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_filter_without_a_tag" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod/*"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_filter_with_an_empty_tag" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod:"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_filter_with_an_empty_repository" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = [":latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_filter_with_two_colons" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod:v1:v2"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_question_mark" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod?:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_character_class" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod[ab]:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_braces" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["{prod,dev}:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_negation" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["!prod:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_question_mark_in_a_tag" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod:v?"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_an_upper_case_repository" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["Prod:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_repository_with_two_slashes" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod//web:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_repository_that_starts_with_a_slash" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["/prod:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_repository_that_ends_with_a_dash" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod-:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_repository_with_three_underscores" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["a___b:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_space_inside_a_filter" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["prod web:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_registry_address" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_digest" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["web@sha256:0000000000000000000000000000000000000000000000000000000000000000"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_tag_with_a_slash" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["web:release/1"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_repository_of_257_characters" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["${join("", [for index in range(257) : "a"])}:latest"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_tag_of_129_characters" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["web:${join("", [for index in range(129) : "a"])}"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_a_valid_filter_beside_an_invalid_one" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["web:latest", "dev:*,prod"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_version_1_as_digits" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    soci_index_version = "1"
  }

  expect_failures = [var.soci_index_version]
}

run "rejects_a_lower_case_version" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    soci_index_version = "v2"
  }

  expect_failures = [var.soci_index_version]
}

run "rejects_version_3" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    soci_index_version = "V3"
  }

  expect_failures = [var.soci_index_version]
}

run "rejects_an_empty_version" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    soci_index_version = ""
  }

  expect_failures = [var.soci_index_version]
}

run "rejects_a_platform_without_an_architecture" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = ["linux"]
  }

  expect_failures = [var.platforms]
}

run "rejects_an_upper_case_platform" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = ["Linux/amd64"]
  }

  expect_failures = [var.platforms]
}

run "rejects_an_empty_platform" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = [""]
  }

  expect_failures = [var.platforms]
}

run "rejects_a_platform_with_four_parts" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = ["linux/arm/v7/x"]
  }

  expect_failures = [var.platforms]
}

run "rejects_a_platform_by_its_linux_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = ["linux/x86_64"]
  }

  expect_failures = [var.platforms]
}

run "rejects_an_unknown_architecture" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = ["linux/amd46"]
  }

  expect_failures = [var.platforms]
}

run "rejects_a_null_platform" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = [null]
  }

  expect_failures = [var.platforms]
}

run "rejects_a_filter_by_a_digest_alone" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    repository_image_tag_filters = ["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
  }

  expect_failures = [var.repository_image_tag_filters]
}

run "rejects_platforms_in_one_string" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    platforms = ["linux/amd64,linux/arm64"]
  }

  expect_failures = [var.platforms]
}

run "rejects_a_span_size_of_65535" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    span_size_bytes = 65535
  }

  expect_failures = [var.span_size_bytes]
}

run "rejects_a_span_size_over_1_gib" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    span_size_bytes = 1073741825
  }

  expect_failures = [var.span_size_bytes]
}

run "rejects_a_span_size_with_a_fraction" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    span_size_bytes = 4194304.5
  }

  expect_failures = [var.span_size_bytes]
}

run "rejects_a_negative_min_layer_size" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    min_layer_size_bytes = -1
  }

  expect_failures = [var.min_layer_size_bytes]
}

run "rejects_a_min_layer_size_above_the_largest_layer" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    min_layer_size_bytes = 54525952001
  }

  expect_failures = [var.min_layer_size_bytes]
}

run "rejects_a_min_layer_size_with_a_fraction" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    min_layer_size_bytes = 1.5
  }

  expect_failures = [var.min_layer_size_bytes]
}

run "rejects_a_template_without_the_tag" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    target_tag_template = "soci"
  }

  expect_failures = [var.target_tag_template]
}

run "rejects_a_template_with_the_tag_twice" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    target_tag_template = "{tag}-{tag}"
  }

  expect_failures = [var.target_tag_template]
}

run "rejects_a_template_that_starts_with_a_dash" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    target_tag_template = "-{tag}"
  }

  expect_failures = [var.target_tag_template]
}

run "rejects_a_template_with_a_slash" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    target_tag_template = "{tag}/soci"
  }

  expect_failures = [var.target_tag_template]
}

run "rejects_a_template_that_leaves_no_room_for_the_tag" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    target_tag_template = "{tag}-${join("", [for index in range(127) : "a"])}"
  }

  expect_failures = [var.target_tag_template]
}

run "rejects_an_empty_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    name = ""
  }

  expect_failures = [var.name]
}

run "rejects_a_name_of_37_characters" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    name = "a234567890123456789012345678901234567"
  }

  expect_failures = [var.name]
}

run "rejects_a_name_with_a_dot" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    name = "soci.builder"
  }

  expect_failures = [var.name]
}

run "rejects_a_name_that_starts_with_a_dash" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    name = "-soci"
  }

  expect_failures = [var.name]
}

run "rejects_a_tag_with_a_reserved_key" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    tags = { "aws:team" = "web" }
  }

  expect_failures = [var.tags]
}

run "rejects_a_tag_with_a_long_key" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    tags = { (join("", [for index in range(129) : "a"])) = "web" }
  }

  expect_failures = [var.tags]
}

run "rejects_a_tag_with_a_long_value" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    tags = { team = join("", [for index in range(257) : "a"]) }
  }

  expect_failures = [var.tags]
}

run "rejects_fifty_one_tags" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    tags = { for index in range(51) : "key-${index}" => "value" }
  }

  expect_failures = [var.tags]
}

run "rejects_a_memory_of_255_mb" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { memory_mb = 255 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_memory_of_10241_mb" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { memory_mb = 10241 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_fractional_memory" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { memory_mb = 1769.5 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_timeout_of_29_seconds" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { timeout_seconds = 29 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_timeout_of_901_seconds" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { timeout_seconds = 901 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_fractional_timeout" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { timeout_seconds = 90.5 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_concurrency_of_0" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { reserved_concurrency = 0 }
  }

  expect_failures = [var.generator]
}

run "rejects_a_fractional_concurrency" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    generator = { reserved_concurrency = 1.5 }
  }

  expect_failures = [var.generator]
}

run "rejects_an_architecture_by_its_docker_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    architecture = "amd64"
  }

  expect_failures = [var.architecture]
}

run "rejects_an_old_runtime" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    runtime = "nodejs20.x"
  }

  expect_failures = [var.runtime]
}

run "rejects_a_runtime_without_x" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    runtime = "nodejs22"
  }

  expect_failures = [var.runtime]
}

run "rejects_a_runtime_of_another_language" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    runtime = "python3.12"
  }

  expect_failures = [var.runtime]
}

run "rejects_a_vpc_without_subnets" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "rejects_a_vpc_without_security_groups" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = [] }
  }

  expect_failures = [var.vpc]
}

run "rejects_a_boundary_by_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "rejects_a_boundary_that_is_a_role" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:role/boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "rejects_a_key_by_alias" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:alias/logs"
  }

  expect_failures = [var.kms_key_arn]
}

run "rejects_a_key_by_id" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    kms_key_arn = "1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.kms_key_arn]
}

run "rejects_a_signing_profile_by_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    signing_profile_arns = ["ecr"]
  }

  expect_failures = [var.signing_profile_arns]
}

run "rejects_an_unsupported_retention" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    logs = { retention_days = 31 }
  }

  expect_failures = [var.logs]
}

run "rejects_a_lower_case_log_format" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    logs = { format = "json" }
  }

  expect_failures = [var.logs]
}

run "rejects_a_topic_by_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    alarms = { topic_arn = "alerts" }
  }

  expect_failures = [var.alarms]
}

run "rejects_a_queue_as_the_topic" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    alarms = { topic_arn = "arn:aws:sqs:eu-west-1:111122223333:alerts" }
  }

  expect_failures = [var.alarms]
}

run "rejects_eventbridge_max_age_seconds_of_59" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { eventbridge_max_age_seconds = 59 }
  }

  expect_failures = [var.retries]
}

run "rejects_eventbridge_max_age_seconds_of_86401" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { eventbridge_max_age_seconds = 86401 }
  }

  expect_failures = [var.retries]
}

run "rejects_eventbridge_max_age_seconds_of_60_and_5" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { eventbridge_max_age_seconds = 60.5 }
  }

  expect_failures = [var.retries]
}

run "rejects_eventbridge_max_attempts_of_minus_1" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { eventbridge_max_attempts = -1 }
  }

  expect_failures = [var.retries]
}

run "rejects_eventbridge_max_attempts_of_186" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { eventbridge_max_attempts = 186 }
  }

  expect_failures = [var.retries]
}

run "rejects_eventbridge_max_attempts_of_0_and_5" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { eventbridge_max_attempts = 0.5 }
  }

  expect_failures = [var.retries]
}

run "rejects_lambda_max_age_seconds_of_59" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { lambda_max_age_seconds = 59 }
  }

  expect_failures = [var.retries]
}

run "rejects_lambda_max_age_seconds_of_21601" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { lambda_max_age_seconds = 21601 }
  }

  expect_failures = [var.retries]
}

run "rejects_lambda_max_age_seconds_of_60_and_5" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { lambda_max_age_seconds = 60.5 }
  }

  expect_failures = [var.retries]
}

run "rejects_lambda_max_attempts_of_minus_1" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { lambda_max_attempts = -1 }
  }

  expect_failures = [var.retries]
}

run "rejects_lambda_max_attempts_of_3" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { lambda_max_attempts = 3 }
  }

  expect_failures = [var.retries]
}

run "rejects_lambda_max_attempts_of_0_and_5" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    retries = { lambda_max_attempts = 0.5 }
  }

  expect_failures = [var.retries]
}

run "rejects_an_event_bus_without_a_name" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    announcements = { event_bus_name = "" }
  }

  expect_failures = [var.announcements]
}

run "rejects_the_arn_of_an_event_bus" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    announcements = { event_bus_name = "arn:aws:events:eu-west-1:111122223333:event-bus/default" }
  }

  expect_failures = [var.announcements]
}

run "rejects_a_partners_event_bus" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    announcements = { event_bus_name = "aws.partner/example.com/1" }
  }

  expect_failures = [var.announcements]
}

run "rejects_an_event_bus_of_257_characters" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    announcements = { event_bus_name = join("", [for letter in range(257) : "b"]) }
  }

  expect_failures = [var.announcements]
}

run "rejects_a_negative_ztoc_ratio" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    max_ztoc_ratio = -1
  }

  expect_failures = [var.max_ztoc_ratio]
}

run "rejects_a_fractional_ztoc_ratio" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    max_ztoc_ratio = 0.5
  }

  expect_failures = [var.max_ztoc_ratio]
}

run "rejects_a_ztoc_ratio_of_10001" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    max_ztoc_ratio = 10001
  }

  expect_failures = [var.max_ztoc_ratio]
}
