# The minimum: every pushed image that matches a filter gets a SOCI index. The region is taken from the environment.

module "soci_index_builder" {
  source = "../.."

  repository_image_tag_filters = ["prod*:latest", "dev:*"]
}
