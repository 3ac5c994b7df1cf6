# One instance of the module in each selected region. Terraform 1 cannot create providers in a loop, so every region has one
# alias here and one module block; `create` enables the selected ones. To add a region, copy both blocks and add its name to
# the validation of `regions`.

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

module "us_east_1" {
  source    = "../.."
  providers = { aws = aws.us_east_1 }

  create                       = contains(var.regions, "us-east-1")
  name                         = var.name
  repository_image_tag_filters = var.repository_image_tag_filters
  soci_index_version           = var.soci_index_version
}

provider "aws" {
  alias  = "us_west_2"
  region = "us-west-2"
}

module "us_west_2" {
  source    = "../.."
  providers = { aws = aws.us_west_2 }

  create                       = contains(var.regions, "us-west-2")
  name                         = var.name
  repository_image_tag_filters = var.repository_image_tag_filters
  soci_index_version           = var.soci_index_version
}

provider "aws" {
  alias  = "eu_west_1"
  region = "eu-west-1"
}

module "eu_west_1" {
  source    = "../.."
  providers = { aws = aws.eu_west_1 }

  create                       = contains(var.regions, "eu-west-1")
  name                         = var.name
  repository_image_tag_filters = var.repository_image_tag_filters
  soci_index_version           = var.soci_index_version
}

provider "aws" {
  alias  = "ap_northeast_1"
  region = "ap-northeast-1"
}

module "ap_northeast_1" {
  source    = "../.."
  providers = { aws = aws.ap_northeast_1 }

  create                       = contains(var.regions, "ap-northeast-1")
  name                         = var.name
  repository_image_tag_filters = var.repository_image_tag_filters
  soci_index_version           = var.soci_index_version
}
