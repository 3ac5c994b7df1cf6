# Which pushes the rule matches. In test/e2e/event-pattern.test.ts, AWS's own matcher checks the patterns of these runs
# against events that must and must not match.

mock_provider "aws" {
  source = "./test/terraform/mocks"
}

run "version_2" {
  command = plan

  module {
    source = "./test/terraform/many-filters"
  }

  variables {
    filters = {
      "every image"              = ["*:*"]
      "seed"                     = ["prod*:latest", "dev:*"]
      "one tag everywhere"       = ["*:latest"]
      "every kind of comparison" = ["web:v1", "team/*:v*", "*-prod:*-release", "a*b:*-rc-*"]
      "runs of stars"            = ["a**b:v***"]
      "four stars"               = ["a*b:x", "c*d:x", "e*f*g:x"]
      "five stars"               = ["a*b:x", "c*d:x", "e*f*g*h:x"]
      "five stars in tags"       = ["web:a*b", "web:c*d", "web:e*f*g*h"]
      "2048 characters"          = concat(["${join("", [for letter in range(210) : "b"])}:x"], [for index in range(6) : "${index}${join("", [for letter in range(199) : "a"])}:x"])
      "2049 characters"          = concat(["${join("", [for letter in range(211) : "b"])}:x"], [for index in range(6) : "${index}${join("", [for letter in range(199) : "a"])}:x"])
      "too many tags"            = [for index in range(200) : "web:release-${index}"]
    }
  }

  assert {
    condition = jsonencode(jsondecode(output.event_patterns["every image"])) == jsonencode({
      account     = ["111122223333"]
      region      = ["eu-west-1"]
      source      = ["aws.ecr"]
      detail-type = ["ECR Image Action"]
      detail = {
        action-type = ["PUSH"]
        result      = ["SUCCESS"]
        artifact-media-type = [
          { exists = false },
          {
            anything-but = [
              "application/vnd.amazon.soci.index.v1+json",
              "application/vnd.amazon.soci.index.v2+json",
              "application/vnd.cncf.helm.config.v1+json",
              "application/vnd.cncf.notary.signature",
              "application/vnd.cyclonedx+json",
              "application/vnd.dev.cosign.artifact.sig.v1+json",
              "application/vnd.dev.sigstore.bundle.v0.3+json",
              "application/vnd.in-toto+json",
              "application/spdx+json",
            ]
          },
        ]
        image-tag = [{ anything-but = [""] }]
      }
    })
    error_message = "The rule must match every tagged image of this registry, and no other artifacts."
  }

  # A name is matched exactly, by prefix or by suffix if possible, otherwise with a wildcard. It is not matched at all if
  # any name is allowed, or if the pattern would be rejected.
  assert {
    condition = { for name, pattern in output.event_patterns : name => jsonencode(try(jsondecode(pattern).detail["repository-name"], null)) } == {
      "every image"              = "null"
      "seed"                     = jsonencode(["dev", { prefix = "prod" }])
      "one tag everywhere"       = "null"
      "every kind of comparison" = jsonencode(["web", { prefix = "team/" }, { suffix = "-prod" }, { wildcard = "a*b" }])
      "runs of stars"            = jsonencode([{ wildcard = "a*b" }])
      "four stars"               = jsonencode([{ wildcard = "a*b" }, { wildcard = "c*d" }, { wildcard = "e*f*g" }])
      "five stars"               = "null"
      "five stars in tags"       = "null"
      "2048 characters"          = jsonencode(concat([join("", [for letter in range(210) : "b"])], [for index in range(6) : "${index}${join("", [for letter in range(199) : "a"])}"]))
      "2049 characters"          = "null"
      "too many tags"            = "null"
    }
    error_message = "The repositories must be those of the filters, and must be dropped first from a pattern that would be rejected."
  }

  assert {
    condition = { for name, pattern in output.event_patterns : name => jsonencode(jsondecode(pattern).detail["image-tag"]) } == {
      "every image"              = jsonencode([{ anything-but = [""] }])
      "seed"                     = jsonencode([{ anything-but = [""] }])
      "one tag everywhere"       = jsonencode(["latest"])
      "every kind of comparison" = jsonencode(["v1", { prefix = "v" }, { suffix = "-release" }, { wildcard = "*-rc-*" }])
      "runs of stars"            = jsonencode([{ prefix = "v" }])
      "four stars"               = jsonencode(["x"])
      "five stars"               = jsonencode(["x"])
      "five stars in tags"       = jsonencode([{ anything-but = [""] }])
      "2048 characters"          = jsonencode(["x"])
      "2049 characters"          = jsonencode(["x"])
      "too many tags"            = jsonencode([{ anything-but = [""] }])
    }
    error_message = "The tags must be those of the filters. If any tag is allowed or the tags do not fit, pushes without a tag must still be excluded."
  }

  assert {
    condition     = length(output.event_patterns["2048 characters"]) == 2048
    error_message = "This run must test the limit exactly."
  }
}

run "version_1_of_every_image" {
  command = plan

  variables {
    soci_index_version = "V1"
  }

  assert {
    condition = alltrue([
      for field in ["repository-name", "image-tag"] : !contains(keys(jsondecode(output.event_pattern).detail), field)
    ])
    error_message = "With V1, untagged images must be indexed, too."
  }

  assert {
    condition     = !contains(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Action, "ecr:DescribeRepositories")
    error_message = "V1 writes no tags, so it must not need to look up their mutability."
  }

  expect_failures = [check.soci_index_version]
}

run "version_1_of_tagged_images" {
  command = plan

  variables {
    soci_index_version           = "V1"
    repository_image_tag_filters = ["prod*:latest", "dev:v1*"]
  }

  assert {
    condition     = jsonencode(jsondecode(output.event_pattern).detail["image-tag"]) == jsonencode(["latest", { prefix = "v1" }])
    error_message = "A filter that names a tag must not match untagged pushes."
  }

  expect_failures = [check.soci_index_version]
}

run "replicated_images" {
  command = plan

  variables {
    repository_image_tag_filters = ["prod*:latest", "dev:*"]
    index_replicated_images      = true
  }

  assert {
    condition = alltrue([
      jsondecode(output.event_pattern).detail-type == ["ECR Image Action", "ECR Replication Action"],
      jsondecode(output.event_pattern).detail.action-type == ["PUSH", "REPLICATE"],
      jsondecode(output.event_pattern).detail.result == ["SUCCESS"],
    ])
    error_message = "Only images that were pushed or replicated successfully must match."
  }

  assert {
    condition     = aws_lambda_function.this["filter"].environment[0].variables["SOCI_INDEX_REPLICATED_IMAGES"] == "true"
    error_message = "The filter function must accept replicas, as the rule does."
  }
}

run "replicated_images_with_version_1" {
  command = plan

  variables {
    soci_index_version      = "V1"
    silence_v1_warning      = true
    index_replicated_images = true
  }

  assert {
    condition     = !contains(keys(jsondecode(output.event_pattern).detail), "image-tag")
    error_message = "With V1, untagged replicas must be indexed, too."
  }
}
