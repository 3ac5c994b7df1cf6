# The settings of the two functions, what is monitored, and what is switched off.

mock_provider "aws" {
  source = "./test/terraform/mocks"
}

run "passes_settings_to_the_functions" {
  command = plan

  variables {
    repository_image_tag_filters = [" prod**:latest ,dev:*", "dev:*"]
    platforms                    = ["linux/amd64", "linux/arm64"]
    tag_skipped_images           = true
    generator                    = { memory_mb = null, timeout_seconds = null, reserved_concurrency = null }
    logs                         = { retention_days = null, format = null }
    alarms                       = { topic_arn = "arn:aws:sns:eu-west-1:111122223333:alerts" }
  }

  assert {
    condition = aws_lambda_function.this["filter"].environment[0].variables == tomap({
      SOCI_FILTERS                 = "prod*:latest,dev:*"
      SOCI_INDEX_VERSION           = "V2"
      SOCI_TARGET_TAG_TEMPLATE     = "{tag}-soci"
      SOCI_INDEX_REPLICATED_IMAGES = "false"
      GENERATOR_FUNCTION_NAME      = "soci-index-builder-generator"
    })
    error_message = "The filter function must get the filters trimmed and without duplicates, with one star for several in a row."
  }

  assert {
    condition = aws_lambda_function.this["generator"].environment[0].variables == tomap({
      SOCI_INDEX_VERSION        = "V2"
      SOCI_PLATFORMS            = "linux/amd64,linux/arm64"
      SOCI_SPAN_SIZE_BYTES      = "4194304"
      SOCI_MIN_LAYER_SIZE_BYTES = "10485760"
      SOCI_TARGET_TAG_TEMPLATE  = "{tag}-soci"
      SOCI_TAG_SKIPPED_IMAGES   = "true"
      SOCI_REUSE_ZTOCS          = "true"
      SOCI_MAX_ZTOC_RATIO       = "16"
      SOCI_PREFETCH_LABEL       = "true"
      SOCI_EVENT_BUS_NAME       = "default"
      SOCI_INSTANCE_NAME        = "soci-index-builder"
    })
    error_message = "The generator must get its settings."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this["generator"].memory_size == 1769,
      aws_lambda_function.this["generator"].timeout == 900,
      aws_cloudwatch_log_group.this["filter"].retention_in_days == 30,
      aws_lambda_function.this["filter"].logging_config[0].log_format == "JSON",
    ])
    error_message = "An attribute that is null must have its default value."
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this["filter"].source_code_hash == filebase64sha256("dist/filter.zip"),
      aws_lambda_function.this["generator"].source_code_hash == filebase64sha256("dist/generator.zip"),
      endswith(aws_lambda_function.this["filter"].filename, "/dist/filter.zip"),
      endswith(aws_lambda_function.this["generator"].filename, "/dist/generator.zip"),
    ])
    error_message = "Each function must run its own zip, and must be updated when the zip changes."
  }

  assert {
    condition = alltrue([
      for function in [aws_lambda_function.this["filter"], aws_lambda_function.this["generator"]] :
      function.logging_config[0].log_group == "/aws/lambda/${function.function_name}"
    ])
    error_message = "Each function must log to the log group with its name."
  }

  assert {
    condition = alltrue([
      aws_lambda_permission.this[0].function_name == aws_lambda_function.this["filter"].function_name,
      aws_lambda_permission.this[0].principal == "events.amazonaws.com",
      aws_lambda_permission.this[0].source_account == "111122223333",
    ])
    error_message = "EventBridge must be allowed to invoke the filter function from this account."
  }

  assert {
    condition     = output.alarms_notify_nobody == false
    error_message = "With a topic, alarms_notify_nobody must be false."
  }

  assert {
    condition     = aws_sqs_queue.this[0].message_retention_seconds == 14 * 24 * 60 * 60 && aws_sqs_queue.this[0].sqs_managed_sse_enabled
    error_message = "The dead-letter queue must keep events for 14 days, encrypted."
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.namespace} ${alarm.metric_name} ${jsonencode(alarm.dimensions)} > ${alarm.threshold}" } == {
      image-failed             = "SociIndexBuilder Images {\"FunctionName\":\"soci-index-builder-generator\",\"Outcome\":\"failed\"} > 0"
      failure-queue-not-empty  = "AWS/SQS ApproximateNumberOfMessagesVisible {\"QueueName\":\"soci-index-builder-failures\"} > 0"
      rule-failed-invocations  = "AWS/Events FailedInvocations {\"RuleName\":\"soci-index-builder-image-push\"} > 0"
      rule-events-lost         = "AWS/Events InvocationsFailedToBeSentToDlq {\"RuleName\":\"soci-index-builder-image-push\"} > 0"
      filter-events-dropped    = "AWS/Lambda AsyncEventsDropped {\"FunctionName\":\"soci-index-builder-filter\"} > 0"
      filter-events-lost       = "AWS/Lambda DestinationDeliveryFailures {\"FunctionName\":\"soci-index-builder-filter\"} > 0"
      filter-events-late       = "AWS/Lambda AsyncEventAge {\"FunctionName\":\"soci-index-builder-filter\"} > 3600000"
      generator-events-dropped = "AWS/Lambda AsyncEventsDropped {\"FunctionName\":\"soci-index-builder-generator\"} > 0"
      generator-events-lost    = "AWS/Lambda DestinationDeliveryFailures {\"FunctionName\":\"soci-index-builder-generator\"} > 0"
      generator-events-late    = "AWS/Lambda AsyncEventAge {\"FunctionName\":\"soci-index-builder-generator\"} > 3600000"
    }
    error_message = "Every way to lose an image must have an alarm."
  }

  assert {
    condition = alltrue([
      for key, alarm in aws_cloudwatch_metric_alarm.this : alltrue([
        alarm.alarm_name == "soci-index-builder-${key}",
        alarm.comparison_operator == "GreaterThanThreshold",
        alarm.statistic == (contains(["failure-queue-not-empty", "filter-events-late", "generator-events-late"], key) ? "Maximum" : "Sum"),
        alarm.treat_missing_data == "notBreaching",
        alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:alerts"]),
        alarm.ok_actions == toset(["arn:aws:sns:eu-west-1:111122223333:alerts"]),
      ])
    ])
    error_message = "Every alarm must notify the topic, and must not go off without events."
  }

  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : "${widget.x},${widget.y} ${widget.properties.region} ${widget.properties.title}"] == [
      "0,0 eu-west-1 Images by outcome",
      "12,0 eu-west-1 Seconds for an indexed image",
      "0,6 eu-west-1 Throttles and errors",
      "12,6 eu-west-1 Events in the dead-letter queue",
    ]
    error_message = "The dashboard must show outcomes, durations, throttles and failures in this region, side by side."
  }

  assert {
    condition = [for metric in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[0].properties.metrics : slice(metric, 0, 6)] == [
      for outcome in ["indexed", "already-indexed", "skipped", "superseded", "failed"] :
      ["SociIndexBuilder", "Images", "FunctionName", "soci-index-builder-generator", "Outcome", outcome]
    ]
    error_message = "The dashboard must show every outcome."
  }

  assert {
    condition = [for metric in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[2].properties.metrics : slice(metric, 0, 4)] == [
      ["AWS/Lambda", "Throttles", "FunctionName", "soci-index-builder-filter"],
      ["AWS/Lambda", "Errors", "FunctionName", "soci-index-builder-filter"],
      ["AWS/Lambda", "Throttles", "FunctionName", "soci-index-builder-generator"],
      ["AWS/Lambda", "Errors", "FunctionName", "soci-index-builder-generator"],
    ]
    error_message = "The dashboard must show throttles and errors of both functions."
  }

  assert {
    condition = jsondecode(regex("--payload '([^']+)'", output.invoke_command)[0]) == {
      version     = "0"
      source      = "aws.ecr"
      detail-type = "ECR Image Action"
      account     = "111122223333"
      region      = "eu-west-1"
      detail      = { action-type = "PUSH", result = "SUCCESS", repository-name = "REPOSITORY", image-tag = "TAG", image-digest = "DIGEST" }
    }
    error_message = "The command's payload must be a push event that a shell passes on unchanged."
  }

  assert {
    condition     = startswith(output.invoke_command, "aws lambda invoke --region eu-west-1 --function-name soci-index-builder-filter --cli-binary-format raw-in-base64-out --payload '")
    error_message = "The command must invoke the filter function with a payload that is not encoded in base64."
  }
}

run "reads_every_layer_if_indexes_are_not_reused" {
  command = plan

  variables {
    reuse_ztocs = false
  }

  assert {
    condition     = aws_lambda_function.this["generator"].environment[0].variables["SOCI_REUSE_ZTOCS"] == "false"
    error_message = "The generator must read every layer."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this["generator"].policy, "ecr:DescribeImages")
    error_message = "Without reuse, recent images must not be looked up."
  }
}

# In JSON, the filter's environment has 181 bytes without the filters, which leaves 3,915 of the 4,096. Eleven filters
# with ten commas between them fill these: ten of 256 + 1 + 97 characters and one of 256 + 1 + 108.
run "accepts_filters_that_fill_the_environment" {
  command = plan

  variables {
    repository_image_tag_filters = [
      for index in range(11) :
      "${format("%03d", index)}${join("", [for letter in range(253) : "a"])}:${join("", [for letter in range(index == 10 ? 108 : 97) : "b"])}"
    ]
  }

  assert {
    condition     = length(jsonencode(aws_lambda_function.this["filter"].environment[0].variables)) == 4096
    error_message = "This run must test the limit exactly."
  }
}

run "rejects_filters_one_byte_too_long_for_the_environment" {
  command = plan

  variables {
    repository_image_tag_filters = [
      for index in range(11) :
      "${format("%03d", index)}${join("", [for letter in range(253) : "a"])}:${join("", [for letter in range(index == 10 ? 109 : 97) : "b"])}"
    ]
  }

  expect_failures = [aws_lambda_function.this]
}

run "rejects_platforms_that_do_not_fit_the_environment" {
  command = plan

  variables {
    platforms = [for index in range(400) : "linux/arm/v${index}"]
  }

  expect_failures = [aws_lambda_function.this]
}

# A key and a topic that are created together with the module have no ARN yet when it is planned.
run "plans_with_unknown_arns" {
  command = plan

  module {
    source = "./test/terraform/unknown-arns"
  }
}

run "does_not_warn_without_alarms" {
  command = plan

  variables {
    alarms = { enabled = false }
  }

  assert {
    condition     = output.alarms_notify_nobody == false
    error_message = "Without alarms, alarms_notify_nobody must be false."
  }
}

run "shows_that_alarms_notify_nobody" {
  command = plan

  # Terraform silently drops a misspelled attribute of an object.
  variables {
    alarms = { topic = "arn:aws:sns:eu-west-1:111122223333:alerts" }
  }

  assert {
    condition     = output.alarms_notify_nobody && alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 0])
    error_message = "The output must show that alarms notify nobody."
  }
}

run "warns_about_inputs_that_version_1_ignores" {
  command = plan

  variables {
    soci_index_version  = "V1"
    silence_v1_warning  = true
    target_tag_template = "{tag}-lazy"
  }

  expect_failures = [check.inputs_of_version_2]
}

run "warns_about_tagging_with_version_1" {
  command = plan

  variables {
    soci_index_version = "V1"
    silence_v1_warning = true
    tag_skipped_images = true
  }

  expect_failures = [check.inputs_of_version_2]
}

# An unexpected failure of a check fails the run.
run "plans_version_1_without_a_warning_if_silenced" {
  command = plan

  variables {
    soci_index_version = "V1"
    silence_v1_warning = true
  }
}
