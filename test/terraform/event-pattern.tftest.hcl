# Which pushes the rule lets through. AWS's own matcher judges the patterns of these very runs in
# test/e2e/event-pattern.test.ts, each against events that must and must not pass.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
}

run "every_image_v2" {
  command = plan

  variables {
    repository_image_tag_filters = ["*:*"]
  }

  assert {
    condition = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern)) == jsonencode({
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
    error_message = "The rule must let every tagged image of this registry through, and no other artifact."
  }
}

run "every_image_v1" {
  command = plan

  variables {
    repository_image_tag_filters = ["*:*"]
    soci_index_version           = "V1"
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "repository-name") && !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "image-tag")
    error_message = "With V1 images are indexed without a tag too."
  }

  expect_failures = [check.soci_index_version]
}

run "seed_filters" {
  command = plan

  variables {
    repository_image_tag_filters = ["prod*:latest", "dev:*"]
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["repository-name"]) == jsonencode(["dev", { prefix = "prod" }])
    error_message = "An exact name and a prefix need no wildcard."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode([{ anything-but = [""] }])
    error_message = "A filter for every tag lets every tag through."
  }
}

run "tagged_v1" {
  command = plan

  variables {
    repository_image_tag_filters = ["prod*:latest", "dev:v1*"]
    soci_index_version           = "V1"
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode(["latest", { prefix = "v1" }])
    error_message = "A filter that names a tag never matches a push without one."
  }

  expect_failures = [check.soci_index_version]
}

run "one_tag_everywhere" {
  command = plan

  variables {
    repository_image_tag_filters = ["*:latest"]
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "repository-name")
    error_message = "A repository that may be any has no condition."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode(["latest"])
    error_message = "Only the one tag can match."
  }
}

run "every_kind_of_comparison" {
  command = plan

  variables {
    repository_image_tag_filters = ["web:v1", "team/*:v*", "*-prod:*-release", "a*b:*-rc-*"]
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["repository-name"]) == jsonencode(["web", { prefix = "team/" }, { suffix = "-prod" }, { wildcard = "a*b" }])
    error_message = "A wildcard is only for what no prefix or suffix says."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode(["v1", { prefix = "v" }, { suffix = "-release" }, { wildcard = "*-rc-*" }])
    error_message = "A wildcard is only for what no prefix or suffix says."
  }
}

run "runs_of_stars" {
  command = plan

  variables {
    repository_image_tag_filters = ["a**b:v***"]
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["repository-name"]) == jsonencode([{ wildcard = "a*b" }])
    error_message = "EventBridge refuses two stars in a row."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode([{ prefix = "v" }])
    error_message = "A run of stars is one star."
  }
}

run "four_stars" {
  command = plan

  variables {
    repository_image_tag_filters = ["a*b:x", "c*d:x", "e*f*g:x"]
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["repository-name"]) == jsonencode([{ wildcard = "a*b" }, { wildcard = "c*d" }, { wildcard = "e*f*g" }])
    error_message = "Four stars must be kept."
  }
}

run "five_stars" {
  command = plan

  variables {
    repository_image_tag_filters = ["a*b:x", "c*d:x", "e*f*g*h:x"]
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "repository-name")
    error_message = "A rule with five stars may be refused: the repositories must be dropped."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode(["x"])
    error_message = "The tags must be kept where they fit."
  }
}

run "five_stars_in_tags" {
  command = plan

  variables {
    repository_image_tag_filters = ["web:a*b", "web:c*d", "web:e*f*g*h"]
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "repository-name")
    error_message = "The repositories are dropped first."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode([{ anything-but = [""] }])
    error_message = "A rule with five stars may be refused: the tags must be dropped, and pushes without a tag still kept out."
  }
}

run "two_thousand_and_forty_eight_characters" {
  command = plan

  variables {
    repository_image_tag_filters = concat(
      ["${join("", [for letter in range(210) : "b"])}:x"],
      [for index in range(6) : "${index}${join("", [for letter in range(199) : "a"])}:x"],
    )
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.this[0].event_pattern) == 2048
    error_message = "This run must test the limit itself."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["repository-name"][0]) == jsonencode(join("", [for letter in range(210) : "b"]))
    error_message = "A pattern of 2,048 characters must be kept."
  }
}

run "two_thousand_and_forty_nine_characters" {
  command = plan

  variables {
    repository_image_tag_filters = concat(
      ["${join("", [for letter in range(211) : "b"])}:x"],
      [for index in range(6) : "${index}${join("", [for letter in range(199) : "a"])}:x"],
    )
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "repository-name")
    error_message = "A longer pattern would be refused: the repositories must be dropped."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode(["x"])
    error_message = "The tags must be kept where they fit."
  }
}

run "too_many_tags" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(200) : "web:release-${index}"]
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail), "repository-name")
    error_message = "The repositories are dropped first."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).detail["image-tag"]) == jsonencode([{ anything-but = [""] }])
    error_message = "A longer pattern would be refused: the tags must be dropped, and pushes without a tag still kept out."
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.this[0].event_pattern) <= 2048
    error_message = "The pattern must fit."
  }
}
