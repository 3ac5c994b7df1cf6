variable "name" {
  description = "Prefix of the names of all resources."
  type        = string
  default     = "soci-complete"
  nullable    = false
}

variable "repository_image_tag_filters" {
  description = "Filters of the images to index."
  type        = list(string)
  default     = ["team/*:release-*", "web:latest"]
  nullable    = false
}

variable "signing_profile_arns" {
  description = "ARNs of the AWS Signer profiles with which ECR signs pushed images."
  type        = list(string)
  default     = []
  nullable    = false
}
