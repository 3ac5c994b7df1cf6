# The workflow of the schedule: it lists the registry page by page, and sends the filter function a push event for each image
# that was pushed recently and matches a filter. The two functions do the rest; for an indexed image, this is only a few
# reads. docs/backfill.md has a diagram.
#
# Expressions between {% and %} are JSONata: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html

locals {
  day_milliseconds = 86400000

  # A more recent image is probably still being processed.
  grace_milliseconds = 3600000

  # A state's output has at most 256 KiB; an image or a repository takes about 1 KiB, usually less:
  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  page_size = 100

  # The filters as regular expressions. Only these three characters of a filter must be escaped or replaced.
  expressions = {
    for key, patterns in { repository = distinct([for filter in var.filters : split(":", filter)[0]]), image = var.filters } :
    key => "/^(${join("|", [
      for pattern in patterns : replace(replace(replace(pattern, ".", "\\."), "/", "\\/"), "*", ".*")
    ])})$/"
  }

  # Excludes the tags that V2 writes.
  own_tag_parts      = [for part in split("{tag}", var.target_tag_template) : replace(part, ".", "\\.")]
  own_tag_expression = "/^${local.own_tag_parts[0]}.+${local.own_tag_parts[1]}$/"
  writes_own_tags    = var.soci_index_version == "V2" && var.target_tag_template != "{tag}"

  # Throttling by ECR and Lambda has no separate error name here. These retries take about seven minutes.
  retry = [{
    ErrorEquals     = ["States.TaskFailed", "States.Timeout"]
    IntervalSeconds = 2
    BackoffRate     = 2
    MaxDelaySeconds = 60
    MaxAttempts     = 10
    JitterStrategy  = "FULL"
  }]

  # Times are strings in the results of Step Functions' AWS SDK integrations, and numbers of seconds in ECR's own responses.
  # JSONata treats a list of one item like the item itself, so brackets enclose everything that must remain a list.
  pushed_images_expression = <<-EOT
    (
      $milliseconds := function($time) { $type($time) = 'number' ? $time * 1000 : $toMillis($time) };
      $others := [${join(", ", [for type in var.other_artifact_types : "'${type}'"])}];
      $isWanted := function($image) {
        $milliseconds($image.ImagePushedAt) >= $since and $milliseconds($image.ImagePushedAt) < $until
          and $not($image.ArtifactMediaType in $others)
      };
      $isMatching := function($tag) {
        $contains($repository & ':' & $tag, ${local.expressions.image})${local.writes_own_tags ? " and $not($contains($tag, ${local.own_tag_expression}))" : ""}
      };
      $tagsOf := function($image) { [$filter($image.ImageTags, $isMatching)]${var.soci_index_version == "V1" ? "[0]" : ""} };
      $makePushes := function($image) {
        [$map($tagsOf($image), function($tag) {{
          'result': 'SUCCESS',
          'repository-name': $repository,
          'image-digest': $image.ImageDigest,
          'action-type': 'PUSH',
          'image-tag': $tag,
          'manifest-media-type': $image.ImageManifestMediaType,
          'artifact-media-type': $image.ArtifactMediaType
        }})]
      };
      $images := [$filter($states.result.ImageDetails, $isWanted)];
      { 'pushes': $reduce($images, function($pushes, $image) { $append($pushes, $makePushes($image)) }, []) }
    )
  EOT

  # Searches one repository. Each repository has its own child workflow, so that the pages of one repository limit its length.
  # Its variables must not have the same names as outer ones.
  search_states = {
    BeginSearch = {
      Type = "Pass"
      Assign = {
        repository  = "{% $states.input.repository %}"
        since       = "{% $states.input.since %}"
        until       = "{% $states.input.until %}"
        imagesToken = null
      }
      Next = "ListImages"
    }
    ListImages = {
      Type      = "Task"
      Resource  = "arn:${var.partition}:states:::aws-sdk:ecr:describeImages"
      Arguments = "{% $merge([{ 'RepositoryName': $repository, 'Filter': { 'TagStatus': 'TAGGED' }, 'MaxResults': ${local.page_size} }, $imagesToken = null ? {} : { 'NextToken': $imagesToken }]) %}"
      Assign    = { imagesToken = "{% $states.result.NextToken ? $states.result.NextToken : null %}" }
      Output    = "{% ${join(" ", [for line in split("\n", trimspace(local.pushed_images_expression)) : trimspace(line)])} %}"
      Retry = concat(
        [{ ErrorEquals = ["Ecr.RepositoryNotFoundException"], MaxAttempts = 0 }],
        local.retry,
      )
      Catch = [
        # The repository was deleted after it was listed.
        { ErrorEquals = ["Ecr.RepositoryNotFoundException"], Next = "RepositorySearched" },
        { ErrorEquals = ["States.ALL"], Next = "RepositoryNotSearched" },
      ]
      Next = "SendEvents"
    }
    SendEvents = {
      Type           = "Map"
      Items          = "{% $states.input.pushes %}"
      MaxConcurrency = 1
      ItemProcessor = {
        ProcessorConfig = { Mode = "INLINE" }
        StartAt         = "InvokeFilter"
        States = {
          InvokeFilter = {
            Type     = "Task"
            Resource = "arn:${var.partition}:states:::lambda:invoke"
            Arguments = {
              FunctionName   = var.filter_function_arn
              InvocationType = "Event"
              Payload = {
                version     = "0"
                id          = "{% $uuid() %}"
                detail-type = "ECR Image Action"
                source      = "aws.ecr"
                account     = var.account_id
                time        = "{% $states.context.State.EnteredTime %}"
                region      = var.region
                resources   = []
                detail      = "{% $states.input %}"
              }
            }
            Output = {}
            Retry  = local.retry
            Next   = "KeepRate"
          }
          # ECR accepts ten manifests a second, and an image with two platforms needs five.
          KeepRate = { Type = "Wait", Seconds = 1, End = true }
        }
      }
      Output = {}
      Catch  = [{ ErrorEquals = ["States.ALL"], Next = "RepositoryNotSearched" }]
      Next   = "AreThereMoreImages"
    }
    AreThereMoreImages = {
      Type    = "Choice"
      Choices = [{ Condition = "{% $imagesToken != null %}", Next = "ListImages" }]
      Default = "RepositorySearched"
    }
    RepositorySearched    = { Type = "Pass", Output = { searched = true }, End = true }
    RepositoryNotSearched = { Type = "Pass", Output = { searched = false }, End = true }
  }

  definition = {
    Comment       = "Sends the filter function push events of images that were pushed in the last ${var.lookback_days} days"
    QueryLanguage = "JSONata"
    # The next run finds the images that this run did not reach.
    TimeoutSeconds = 86400
    StartAt        = "Begin"
    States = {
      Begin = {
        Type = "Pass"
        Assign = {
          pushedSince       = "{% $toMillis($states.context.Execution.StartTime) - ${var.lookback_days * local.day_milliseconds} %}"
          pushedUntil       = "{% $toMillis($states.context.Execution.StartTime) - ${local.grace_milliseconds} %}"
          repositoriesToken = null
          notSearched       = 0
        }
        Next = "ListRepositories"
      }
      ListRepositories = {
        Type      = "Task"
        Resource  = "arn:${var.partition}:states:::aws-sdk:ecr:describeRepositories"
        Arguments = "{% $merge([{ 'MaxResults': ${local.page_size} }, $repositoriesToken = null ? {} : { 'NextToken': $repositoriesToken }]) %}"
        Assign    = { repositoriesToken = "{% $states.result.NextToken ? $states.result.NextToken : null %}" }
        Output    = "{% { 'repositories': [$filter($states.result.Repositories.RepositoryName, function($name) { $contains($name, ${local.expressions.repository}) })] } %}"
        Retry     = local.retry
        Next      = "SearchRepositories"
      }
      SearchRepositories = {
        Type  = "Map"
        Label = "repositories"
        Items = "{% $states.input.repositories %}"
        # A child workflow cannot see the variables of its parent.
        ItemSelector = {
          repository = "{% $states.context.Map.Item.Value %}"
          since      = "{% $pushedSince %}"
          until      = "{% $pushedUntil %}"
        }
        MaxConcurrency = var.concurrency
        # A repository that cannot be searched does not affect the others.
        ToleratedFailurePercentage = 100
        ItemProcessor = {
          ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
          StartAt         = "BeginSearch"
          States          = local.search_states
        }
        Assign = {
          notSearched = "{% $notSearched + $count($states.input.repositories) - $count($states.result[searched]) %}"
        }
        Output = {}
        Next   = "AreThereMoreRepositories"
      }
      AreThereMoreRepositories = {
        Type = "Choice"
        Choices = [
          { Condition = "{% $repositoriesToken != null %}", Next = "ListRepositories" },
          { Condition = "{% $notSearched > 0 %}", Next = "NotAllSearched" },
        ]
        Default = "AllSearched"
      }
      AllSearched = { Type = "Succeed" }
      NotAllSearched = {
        Type  = "Fail"
        Error = "RepositoriesNotSearched"
        Cause = "{% $string($notSearched) & ' repositories could not be searched completely. The log group has the errors; the next run tries again.' %}"
      }
    }
  }
}
