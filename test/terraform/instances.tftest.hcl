# Several instances of the module in one configuration.

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
    error_message = "The announcements of the two instances must be distinguishable."
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

  # terraform.test.ts checks the plan of this run, which must be empty.
  assert {
    condition     = output.invoke_command == null
    error_message = "There must be no function to invoke."
  }
}
