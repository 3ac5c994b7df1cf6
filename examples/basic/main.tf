# The minimum: every pushed image that matches a filter gets a SOCI index.

# Region and credentials are taken from the environment.
provider "aws" {}

module "soci_index_builder" {
  source = "../.."

  repository_image_tag_filters = ["prod*:latest", "dev:*"]
}
