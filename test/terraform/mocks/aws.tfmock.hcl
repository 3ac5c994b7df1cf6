# An AWS account for every mock_provider of the tests: its location, and the ARNs in names and alarms, which must be known
# at plan time so that tests can check them.

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

mock_data "aws_region" {
  defaults = { id = "eu-west-1" }
}

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}

mock_resource "aws_cloudwatch_event_rule" {
  override_during = plan
  defaults        = { arn = "arn:aws:events:eu-west-1:111122223333:rule/mocked" }
}

mock_resource "aws_sfn_state_machine" {
  override_during = plan
  defaults        = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:mocked" }
}
