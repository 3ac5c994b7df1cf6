variable "name" {
  description = "Begins the name of everything that is created."
  type        = string
  default     = "soci-complete"
  nullable    = false
}

variable "repository_image_tag_filters" {
  description = "Which pushed images are indexed."
  type        = list(string)
  default     = ["team/*:release-*", "web:latest"]
  nullable    = false
}

variable "signing_profile_arns" {
  description = "ARNs of the AWS Signer profiles with which ECR signs what is pushed."
  type        = list(string)
  default     = []
  nullable    = false
}
