# The least: every pushed image that a filter matches gets a SOCI index. The region is that of the environment.

module "soci_index_builder" {
  source = "../.."

  repository_image_tag_filters = ["prod*:latest", "dev:*"]
}
