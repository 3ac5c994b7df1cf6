# The module says which version of the AWS provider it takes.
terraform {
  required_version = ">= 1.5"
}
