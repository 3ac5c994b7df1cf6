// Reports an error in a tar: a code, and the details for its message. AssemblyScript.
// The codes and the layout are in ../../tar/tar-problem-layout.ts, the messages in ../../tar/tar-problem.ts.
import { PROBLEM } from '../memory-layout';
import {
  problemKeyAt,
  problemNameAt,
  problemNumbersAt,
  problemOffsetAt,
  problemTextAt,
} from '../../tar/tar-problem-layout';
import { header, tar } from './tar-state';

/** Reports an error of the latest entry, with its name and the offset of its header. Like the other functions, returns `code`. */
export function entryProblem(code: i32, number0: i64 = 0): i32 {
  problemAt(code, tar.headerStart);
  showName(header.name, header.nameBytes);
  return withNumbers(code, number0);
}

export function problemAt(code: i32, offset: u64): i32 {
  memory.fill(PROBLEM, 0, 64);
  store<u64>(PROBLEM, offset, problemOffsetAt);
  return code;
}

export function withNumbers(code: i32, number0: i64, number1: i64 = 0, number2: i64 = 0, number3: i64 = 0): i32 {
  store<i64>(PROBLEM, number0, problemNumbersAt);
  store<i64>(PROBLEM, number1, problemNumbersAt + 8);
  store<i64>(PROBLEM, number2, problemNumbersAt + 16);
  store<i64>(PROBLEM, number3, problemNumbersAt + 24);
  return code;
}

export function showName(name: usize, bytes: usize): void {
  store<u32>(PROBLEM, <u32>name, problemNameAt);
  store<u32>(PROBLEM, <u32>bytes, problemNameAt + 4);
}

export function withText(code: i32, text: usize, bytes: usize): i32 {
  store<u32>(PROBLEM, <u32>text, problemTextAt);
  store<u32>(PROBLEM, <u32>bytes, problemTextAt + 4);
  return code;
}

export function withKey(code: i32, key: usize, bytes: usize): i32 {
  store<u32>(PROBLEM, <u32>key, problemKeyAt);
  store<u32>(PROBLEM, <u32>bytes, problemKeyAt + 4);
  return code;
}
