# Images, and how they are indexed.

variable "repository_image_tag_filters" {
  description = <<-EOT
    The images to index when they are pushed: a list of `REPOSITORY:TAG` filters, for example `["prod*:latest", "dev:*"]`.
    `*` matches any number of any characters, including `/`, and is the only wildcard. Filters are case-sensitive. An item
    may hold several filters, separated by commas.
  EOT
  type        = list(string)
  default     = ["*:*"]
  nullable    = false

  validation {
    condition     = length(var.repository_image_tag_filters) > 0
    error_message = "repository_image_tag_filters is empty, so no image would be indexed. Use [\"*:*\"] for every image, or create = false to switch the module off."
  }

  # ECR's grammar of repository names, in which * may replace any characters, then a colon and a tag:
  # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
  validation {
    condition = length(var.repository_image_tag_filters) == 0 || alltrue([
      for filter in split(",", join(",", [for item in var.repository_image_tag_filters : item == null ? "" : item])) :
      can(regex(
        "^[a-z0-9*]+((\\.|_|__|-+)[a-z0-9*]+)*(/[a-z0-9*]+((\\.|_|__|-+)[a-z0-9*]+)*)*:[A-Za-z0-9_.*-]{1,128}$",
        trimspace(filter)
      )) && length(split(":", trimspace(filter))[0]) <= 256 && !can(regex("\\.dkr[.-]ecr|^\\s*sha256:[0-9a-f]{64}\\s*$", filter))
    ])
    error_message = join("\n", [
      for filter in split(",", join(",", [for item in var.repository_image_tag_filters : item == null ? "" : item])) :
      format("Filter %s %s", jsonencode(trimspace(filter)),
        trimspace(filter) == "" ?
        "is empty: remove it, or the extra comma. For every image, write \"*:*\"." :
        can(regex("@|sha256:[0-9a-f]{64}", filter)) ?
        "names an image by its digest: filters select images by repository and tag, as in \"web:latest\". To index one image once, use the output invoke_command." :
        can(regex("[?\\[\\]{}!]", filter)) ?
        "contains ?, [, ], {, } or !, but only * is special in a filter: write * for any number of characters, and one filter for each alternative, as in \"web-a:*\", \"web-b:*\"." :
        !can(regex("^[^:]+:[^:]+$", trimspace(filter))) ?
        "is not REPOSITORY:TAG: write exactly one colon with text on both sides, as in \"prod/*:latest\", or \"prod/*:*\" for any tag." :
        can(regex("\\.dkr[.-]ecr", filter)) ?
        "names a registry: omit the address, as in \"web:latest\". The module watches the registry of its own account and region." :
        length(split(":", trimspace(filter))[0]) > 256 || length(split(":", trimspace(filter))[1]) > 128 ?
        "is too long: a repository has at most 256 characters and a tag at most 128. Shorten it with *." :
        !can(regex("^[A-Za-z0-9_.*-]+$", split(":", trimspace(filter))[1])) ?
        "has an invalid tag: write letters, digits, _, ., - and *, as in \"web:v1.*\"." :
        "has an invalid repository name: write lower-case letters, digits and *, with single separators (. _ - /) between them, as in \"team/web-*:latest\"."
      )
      if !can(regex(
        "^[a-z0-9*]+((\\.|_|__|-+)[a-z0-9*]+)*(/[a-z0-9*]+((\\.|_|__|-+)[a-z0-9*]+)*)*:[A-Za-z0-9_.*-]{1,128}$",
        trimspace(filter)
      )) || length(split(":", trimspace(filter))[0]) > 256 || can(regex("\\.dkr[.-]ecr|^\\s*sha256:[0-9a-f]{64}\\s*$", filter))
    ])
  }
}

variable "index_replicated_images" {
  description = "Also index images that ECR replicates into this registry from another region or account. Only needed if the source registry has no builder: an image that is indexed at its source arrives with its index (docs/guides/replicated-images.md)."
  type        = bool
  default     = false
  nullable    = false
}

variable "soci_index_version" {
  description = "Version of the SOCI index. `V2` pushes a new image index that contains the SOCI indexes, which you deploy instead of the image; `V1` attaches SOCI indexes to the unchanged image as referrers. AWS accounts that are new to SOCI lazy-load V2 only."
  type        = string
  default     = "V2"
  nullable    = false

  validation {
    condition     = contains(["V1", "V2"], var.soci_index_version)
    error_message = "soci_index_version is ${jsonencode(var.soci_index_version)}. Expected \"V2\", or \"V1\" if images must keep their digest and the account has used SOCI V1 before."
  }
}

variable "silence_v1_warning" {
  description = "Silence the warning about `soci_index_version = \"V1\"`, for accounts that have used SOCI V1 before."
  type        = bool
  default     = false
  nullable    = false
}

variable "platforms" {
  description = "Platforms to index, as `OS/ARCHITECTURE` or `OS/ARCHITECTURE/VARIANT`, for example `[\"linux/amd64\"]`. An empty list indexes every platform of the image."
  type        = list(string)
  default     = []
  nullable    = false

  # According to OCI's image configuration, an image's architecture is one of Go's GOARCH values. These are the architectures for
  # which Go can be installed:
  # https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
  # https://go.dev/doc/install/source#environment
  validation {
    condition = alltrue([
      for platform in var.platforms :
      can(regex("^[a-z0-9]+/(386|amd64|arm|arm64|loong64|mips|mips64|mips64le|mipsle|ppc64|ppc64le|riscv64|s390x|wasm)(/[a-z0-9]+)?$", platform))
    ])
    error_message = join("\n", [
      for platform in [for item in var.platforms : item == null ? "" : item] :
      format("Platform %s is not OS/ARCHITECTURE[/VARIANT] with a known architecture. %s", jsonencode(platform),
        can(regex("(?i)^(linux/)?(x86[_-]?64|x64|amd64)$", platform)) ? "Did you mean \"linux/amd64\"?" :
        can(regex("(?i)^(linux/)?(aarch64|armv?8(l|/.*)?|arm64)$", platform)) ? "Did you mean \"linux/arm64\"?" :
        can(regex("(?i)^(linux/)?(i[3-6]86|x86|ia32)$", platform)) ? "Did you mean \"linux/386\"?" :
        can(regex("(?i)^(linux/)?(armv?7(l|hf|h)?|armhf|arm32v7)$", platform)) ? "Did you mean \"linux/arm/v7\"?" :
        "Write for example \"linux/amd64\" or \"linux/arm64\", in lower case; an empty list means every platform."
      )
      if !can(regex("^[a-z0-9]+/(386|amd64|arm|arm64|loong64|mips|mips64|mips64le|mipsle|ppc64|ppc64le|riscv64|s390x|wasm)(/[a-z0-9]+)?$", platform))
    ])
  }
}

variable "span_size_bytes" {
  description = "Uncompressed bytes between two checkpoints of a layer. Smaller spans fetch less for each read but make the index larger: every checkpoint takes 32 KiB."
  type        = number
  default     = 4194304
  nullable    = false

  validation {
    condition     = floor(var.span_size_bytes) == var.span_size_bytes && var.span_size_bytes >= 65536 && var.span_size_bytes <= 1073741824
    error_message = "span_size_bytes must be a whole number of bytes from 65536 (64 KiB) to 1073741824 (1 GiB), because every span takes 32 KiB of the index. 4194304 (4 MiB) is the usual value."
  }
}

variable "min_layer_size_bytes" {
  description = "Layers with fewer compressed bytes get no index, because downloading them whole is as fast. 0 indexes every layer."
  type        = number
  default     = 10485760
  nullable    = false

  # 52,000 MiB is ECR's maximum layer size: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
  validation {
    condition     = floor(var.min_layer_size_bytes) == var.min_layer_size_bytes && var.min_layer_size_bytes >= 0 && var.min_layer_size_bytes <= 54525952000
    error_message = "min_layer_size_bytes must be a whole number of bytes from 0 (every layer) to 54525952000, the largest layer that ECR accepts. 10485760 (10 MiB) is the usual value."
  }
}

variable "target_tag_template" {
  description = "With V2, the tag of the indexed image; `{tag}` stands for the pushed tag. `{tag}` alone moves the pushed tag itself to the indexed image. V1 writes no tag."
  type        = string
  default     = "{tag}-soci"
  nullable    = false

  validation {
    condition     = can(regex("^([A-Za-z0-9_][A-Za-z0-9_.-]*)?\\{tag\\}[A-Za-z0-9_.-]*$", var.target_tag_template))
    error_message = "target_tag_template is ${jsonencode(var.target_tag_template)}. Write {tag} exactly once, with letters, digits, _, . and - around it, not starting with . or -: \"{tag}-soci\", or \"{tag}\" for the same tag."
  }

  # A tag has at most 128 characters, at least one of them from the pushed tag.
  validation {
    condition     = length(replace(var.target_tag_template, "{tag}", "")) <= 127
    error_message = "target_tag_template is too long: a tag has at most 128 characters, the pushed tag included. Write a shorter one, for example \"{tag}-soci\"."
  }
}

variable "tag_skipped_images" {
  description = "With V2, also set the target tag on an image that gets no index (for example because all its layers are too small), without changing its digest. A pipeline can then always deploy the target tag. A target tag that points to an image without an index is also moved."
  type        = bool
  default     = false
  nullable    = false
}

variable "reuse_ztocs" {
  description = "Reuse zTOCs that the repository already has and that were built with the same settings, so that unchanged layers are not read again. A reused zTOC is checked, but only its layer could prove that it is correct, so anyone who can push to the repository is trusted with its indexes as well as its images (SECURITY.md). `false` reads every layer of every image."
  type        = bool
  default     = true
  nullable    = false
}

variable "max_ztoc_ratio" {
  description = "Leave a layer out (`ztoc-too-large`) if its zTOC would be larger than 64 MiB and more than this many times the layer's compressed size, as with a layer of zeros. This limits how much one pusher can store and make runtimes fetch. 0 means no limit."
  type        = number
  default     = 16
  nullable    = false

  validation {
    condition     = floor(var.max_ztoc_ratio) == var.max_ztoc_ratio && var.max_ztoc_ratio >= 0 && var.max_ztoc_ratio <= 10000
    error_message = "max_ztoc_ratio must be a whole number from 1 to 10000, or 0 for no limit. The default is 16; a typical zTOC is about a hundredth of its layer's size."
  }
}

variable "use_prefetch_label" {
  description = "Read the label `soci-index-builder.prefetch-files` of an image, and add its files to the index as files to prefetch (docs/guides/prefetch.md). `false` ignores the label."
  type        = bool
  default     = true
  nullable    = false
}

# Where it runs.

variable "create" {
  description = "Create the resources. `false` creates nothing."
  type        = bool
  default     = true
  nullable    = false
}

variable "name" {
  description = "Prefix of the names of all resources. Two instances in one account and region need different names."
  type        = string
  default     = "soci-index-builder"
  nullable    = false

  # The longest names that contain it are those of roles, NAME-REGION-generator and NAME-REGION-scheduler, with at most 64
  # characters. If NAME has 36, 64 - 36 - length("-generator") - 1 leaves 17 for the region; the longest region has 14.
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,35}$", var.name))
    error_message = "name is ${jsonencode(var.name)}. Write 1 to 36 letters, digits, - and _, starting with a letter or digit, for example \"soci-index-builder\": the name of an IAM role also contains the region and is limited to 64 characters."
  }
}

variable "tags" {
  description = "Tags for all resources that support tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(var.tags) <= 50 && alltrue([
      for key, value in var.tags :
      !startswith(lower(key), "aws:") && length(key) >= 1 && length(key) <= 128 && length(coalesce(value, "-")) <= 256
    ])
    error_message = "tags must be at most 50, with keys of 1 to 128 characters that do not start with \"aws:\", which AWS reserves, and values of at most 256 characters. Shorten or rename them."
  }
}

variable "generator" {
  description = <<-EOT
    The Lambda function that reads layers and pushes SOCI indexes.
    - `memory_mb`: 1769 MB is one full vCPU. An account that is new to Lambda may be limited to 3008.
    - `timeout_seconds`: up to 900, Lambda's limit.
    - `reserved_concurrency`: how many images are indexed at the same time; null shares the account's concurrency. Lambda keeps
      100 of it unreserved, so the account's quota must exceed this number by at least 100; a new account's quota does not.
  EOT
  type = object({
    memory_mb            = optional(number, 1769)
    timeout_seconds      = optional(number, 900)
    reserved_concurrency = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = floor(var.generator.memory_mb) == var.generator.memory_mb && var.generator.memory_mb >= 256 && var.generator.memory_mb <= 10240
    error_message = "generator.memory_mb must be a whole number from 256 (with less, Node.js leaves no room for a layer) to 10240 (Lambda's limit). 1769 is one full vCPU; a new account may be limited to 3008."
  }

  validation {
    condition     = floor(var.generator.timeout_seconds) == var.generator.timeout_seconds && var.generator.timeout_seconds >= 30 && var.generator.timeout_seconds <= 900
    error_message = "generator.timeout_seconds must be a whole number from 30 (with less, no layer can be indexed) to 900 (Lambda's limit). Use 900 unless you need the function to stop sooner."
  }

  validation {
    condition     = var.generator.reserved_concurrency == null ? true : floor(var.generator.reserved_concurrency) == var.generator.reserved_concurrency && var.generator.reserved_concurrency >= 1
    error_message = "generator.reserved_concurrency must be a whole number of at least 1, or null to share the account's concurrency. To index nothing, set create = false."
  }
}

variable "architecture" {
  description = "Architecture of both Lambda functions: `arm64`, or `x86_64` in regions without arm64. Either indexes images of every architecture."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is ${jsonencode(var.architecture)}. Expected \"arm64\" or \"x86_64\"; this is the architecture of the functions, not of the images."
  }
}

variable "runtime" {
  description = "Node.js runtime of both Lambda functions, `nodejs22.x` or newer."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = try(tonumber(regex("^nodejs([1-9][0-9]*)\\.x$", var.runtime)[0]) >= 22, false)
    error_message = "runtime is ${jsonencode(var.runtime)}. Expected \"nodejs22.x\", or a newer Node.js runtime that Lambda and your AWS provider support."
  }
}

variable "vpc" {
  description = <<-EOT
    The VPC for both functions; null for none. docs/vpc.md lists the endpoints that it needs.
    - `subnet_ids`: private subnets that can reach ECR, its layers in S3, and Lambda.
    - `security_group_ids`: security groups that allow outbound HTTPS.
  EOT
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc == null ? true : length(coalesce(var.vpc.subnet_ids, [])) > 0 && length(coalesce(var.vpc.security_group_ids, [])) > 0
    error_message = "vpc needs at least one ID in subnet_ids and one in security_group_ids. Set both, or write vpc = null to run outside a VPC."
  }
}

# Permissions and keys.

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of all roles; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is ${jsonencode(var.permissions_boundary_arn)}. Write the ARN of a policy, for example \"arn:aws:iam::111122223333:policy/boundary\", or null."
  }
}

variable "kms_key_arn" {
  description = "ARN of a KMS key that encrypts the functions' environment variables, their logs and the dead-letter queue; null for AWS-owned keys. docs/kms.md lists the statements that the key policy needs."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is ${jsonencode(var.kms_key_arn)}. Write the ARN of a key, not of an alias, for example \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\", or null."
  }
}

variable "signing_profile_arns" {
  description = "ARNs of the AWS Signer profiles that ECR's managed signing uses. ECR signs with the identity of the pusher, which is the generator."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for arn in var.signing_profile_arns :
      can(regex("^arn:aws[a-z-]*:signer:[a-z0-9-]+:[0-9]{12}:/signing-profiles/[A-Za-z0-9_]+(/[A-Za-z0-9]+)?$", arn))
    ])
    error_message = "signing_profile_arns is ${jsonencode(var.signing_profile_arns)}. Write ARNs of signing profiles, for example \"arn:aws:signer:eu-west-1:111122223333:/signing-profiles/ecr\"."
  }
}

# Monitoring, and what happens if something fails.

variable "logs" {
  description = <<-EOT
    The log groups of both functions.
    - `retention_days`: how long log events are kept; 0 keeps them for ever.
    - `format`: `JSON` or `Text`, for the lines that Lambda writes. The functions' own lines are always JSON.
  EOT
  type = object({
    retention_days = optional(number, 30)
    format         = optional(string, "JSON")
  })
  default  = {}
  nullable = false

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.logs.retention_days
    )
    error_message = "logs.retention_days must be a value that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653, or 0 to keep logs for ever."
  }

  validation {
    condition     = contains(["JSON", "Text"], var.logs.format)
    error_message = "logs.format is ${jsonencode(var.logs.format)}. Write \"JSON\" or \"Text\"."
  }
}

variable "tracing" {
  description = "Trace both functions with AWS X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    CloudWatch alarms: an image failed permanently, an event is in the dead-letter queue, or events wait too long or are lost.
    - `enabled`: create the alarms.
    - `topic_arn`: the SNS topic to notify; null notifies nobody (see the output `alarms_notify_nobody`).
  EOT
  type = object({
    enabled   = optional(bool, true)
    topic_arn = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.topic_arn == null ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.alarms.topic_arn))
    error_message = "alarms.topic_arn is ${jsonencode(var.alarms.topic_arn)}. Write the ARN of an SNS topic that is not FIFO, for example \"arn:aws:sns:eu-west-1:111122223333:alerts\", or null."
  }
}

variable "announcements" {
  description = <<-EOT
    EventBridge events with the outcome of each image, for pipelines and people. docs/events.md describes them.
    - `enabled`: send the events.
    - `event_bus_name`: the event bus, in this account and region, to send them to.
  EOT
  type = object({
    enabled        = optional(bool, true)
    event_bus_name = optional(string, "default")
  })
  default  = {}
  nullable = false

  # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html
  validation {
    condition     = can(regex("^[/._A-Za-z0-9-]{1,256}$", var.announcements.event_bus_name)) && !startswith(var.announcements.event_bus_name, "aws.partner/")
    error_message = "announcements.event_bus_name is ${jsonencode(var.announcements.event_bus_name)}. Write the name, not the ARN, of an event bus of this account and region that is not a partner's: 1 to 256 letters, digits, /, ., - and _, for example \"default\". To send no events, set enabled = false."
  }
}

variable "dashboard" {
  description = "Create a CloudWatch dashboard of outcomes, durations and throttles."
  type        = bool
  default     = true
  nullable    = false
}

variable "retries" {
  description = <<-EOT
    How often and for how long an event is retried before it goes to the dead-letter queue.
    - `eventbridge_max_age_seconds`, `eventbridge_max_attempts`: EventBridge's retries while it cannot reach the filter.
    - `lambda_max_age_seconds`, `lambda_max_attempts`: Lambda's retries after the filter or the generator has failed.
  EOT
  type = object({
    eventbridge_max_age_seconds = optional(number, 86400)
    eventbridge_max_attempts    = optional(number, 185)
    lambda_max_age_seconds      = optional(number, 21600)
    lambda_max_attempts         = optional(number, 2)
  })
  default  = {}
  nullable = false

  validation {
    condition     = floor(var.retries.eventbridge_max_age_seconds) == var.retries.eventbridge_max_age_seconds && var.retries.eventbridge_max_age_seconds >= 60 && var.retries.eventbridge_max_age_seconds <= 86400
    error_message = "retries.eventbridge_max_age_seconds must be a whole number from 60 to 86400, EventBridge's limits. 86400 is one day."
  }

  validation {
    condition     = floor(var.retries.eventbridge_max_attempts) == var.retries.eventbridge_max_attempts && var.retries.eventbridge_max_attempts >= 0 && var.retries.eventbridge_max_attempts <= 185
    error_message = "retries.eventbridge_max_attempts must be a whole number from 0 to 185, EventBridge's limits. 0 means no retries."
  }

  validation {
    condition     = floor(var.retries.lambda_max_age_seconds) == var.retries.lambda_max_age_seconds && var.retries.lambda_max_age_seconds >= 60 && var.retries.lambda_max_age_seconds <= 21600
    error_message = "retries.lambda_max_age_seconds must be a whole number from 60 to 21600, Lambda's limits. 21600 is six hours."
  }

  validation {
    condition     = floor(var.retries.lambda_max_attempts) == var.retries.lambda_max_attempts && var.retries.lambda_max_attempts >= 0 && var.retries.lambda_max_attempts <= 2
    error_message = "retries.lambda_max_attempts must be 0, 1 or 2, Lambda's limits. 0 means no retries."
  }
}

variable "schedule" {
  description = <<-EOT
    A schedule that finds and indexes images whose push event was lost. docs/backfill.md describes it.
    - `enabled`: create the schedule.
    - `expression`: an EventBridge Scheduler expression: `rate(…)` in hours or days, or `cron(…)`.
    - `timezone`: the time zone of a `cron(…)`.
    - `lookback_days`: how many days back to look, by push time; more than the days between two runs.
    - `concurrency`: how many repositories to look at in parallel; each sends at most one image a second to the filter.
  EOT
  type = object({
    enabled       = optional(bool, false)
    expression    = optional(string, "rate(1 day)")
    timezone      = optional(string, "UTC")
    lookback_days = optional(number, 3)
    concurrency   = optional(number, 1)
  })
  default  = {}
  nullable = false

  # https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
  validation {
    condition     = can(regex("^(rate\\([1-9][0-9]{0,3} (hours?|days?)\\)|cron\\([^ ()]+( [^ ()]+){5}\\))$", var.schedule.expression))
    error_message = "schedule.expression is ${jsonencode(var.schedule.expression)}. Write \"rate(1 day)\", \"rate(12 hours)\", or a cron of six fields such as \"cron(0 3 * * ? *)\"."
  }

  validation {
    condition     = can(regex("^(UTC|(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific)(/[A-Z][A-Za-z0-9_+-]*){1,2})$", var.schedule.timezone))
    error_message = "schedule.timezone is ${jsonencode(var.schedule.timezone)}, which is not the name of a time zone. Write \"UTC\", or an area and a place with capital letters, for example \"Europe/Berlin\" or \"America/New_York\". For a fixed offset, write for example \"Etc/GMT-1\", which is one hour east of Greenwich."
  }

  validation {
    condition     = floor(var.schedule.lookback_days) == var.schedule.lookback_days && var.schedule.lookback_days >= 1 && var.schedule.lookback_days <= 365
    error_message = "schedule.lookback_days must be a whole number from 1 to 365. For older images, use soci-index backfill."
  }

  # More, not equal: an image that is too recent for one run must not be too old for the next.
  validation {
    condition = !can(regex("^rate", var.schedule.expression)) || try(
      var.schedule.lookback_days * 24 > tonumber(regex("^rate\\(([0-9]+)", var.schedule.expression)[0]) * (strcontains(var.schedule.expression, "day") ? 24 : 1),
      false
    )
    error_message = "schedule.lookback_days is ${var.schedule.lookback_days}, so images would be missed between two runs of ${var.schedule.expression}. Set it to at least one day more than the time between runs."
  }

  validation {
    condition     = floor(var.schedule.concurrency) == var.schedule.concurrency && var.schedule.concurrency >= 1 && var.schedule.concurrency <= 40
    error_message = "schedule.concurrency must be a whole number from 1 to 40: up to that many images a second are sent to the filter, and ECR accepts ten manifests a second unless the quota was raised."
  }
}
