# Several instances of the module side by side.

mock_provider "aws" {
  source = "./test/terraform/mocks"
}

run "two_instances_share_no_name" {
  command = plan

  module {
    source = "./test/terraform/two-instances"
  }

  assert {
    condition     = length(setintersection(output.names[0], output.names[1])) == 0 && length(compact(flatten(output.names))) == 14
    error_message = "Two instances in one region and account must not share a name."
  }

  assert {
    condition     = output.announced_instances == ["first", "second"]
    error_message = "Who listens to one instance must not hear the other."
  }

  assert {
    condition     = alltrue([for value in values(output.off) : value == null])
    error_message = "An instance that is switched off must have no outputs."
  }
}

run "switched_off" {
  command = plan

  variables {
    create             = false
    soci_index_version = "V1"
  }

  # That nothing at all is planned is shown by terraform.test.ts, from the plan of this very run.
  assert {
    condition     = output.invoke_command == null
    error_message = "There must be nothing to invoke."
  }
}
