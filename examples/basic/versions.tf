# The module declares the required version of the AWS provider.
terraform {
  required_version = ">= 1.5"
}
