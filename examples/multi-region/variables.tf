variable "regions" {
  description = "Regions whose registries are watched. Each needs a provider and a module block in main.tf."
  type        = set(string)
  default     = ["us-east-1", "eu-west-1"]
  nullable    = false

  validation {
    condition     = length(setsubtract(var.regions, ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"])) == 0
    error_message = "regions contains ${join(", ", setsubtract(var.regions, ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"]))}, for which this example has no provider. Write us-east-1, us-west-2, eu-west-1 or ap-northeast-1, or add a provider and a module block to main.tf."
  }
}

variable "name" {
  description = "Prefix of the names of all resources, in every region."
  type        = string
  default     = "soci-index-builder"
  nullable    = false
}

variable "repository_image_tag_filters" {
  description = "Filters of the images to index, the same in every region."
  type        = list(string)
  default     = ["*:*"]
  nullable    = false
}

variable "soci_index_version" {
  description = "`V1` or `V2`."
  type        = string
  default     = "V2"
  nullable    = false
}
