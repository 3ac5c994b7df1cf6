// AWS's own matcher of event patterns, from Maven Central (test/terraform/event-pattern).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeTemporaryFolder } from './temporary-folder.ts';

const matcherFolder = join(__dirname, '..', 'terraform', 'event-pattern');

const libraryFolder = makeTemporaryFolder();

/** Downloads the matcher from Maven Central. Returns what prevents that, as a sentence; otherwise undefined. */
export function findMatcherFault(): string | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (java.error !== undefined) return 'Java 11 or newer is not on the PATH.';
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  const pom = join(matcherFolder, 'pom.xml');
  const maven = spawnSync('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${libraryFolder}`], {
    encoding: 'utf8',
  });
  if (maven.error !== undefined) return 'Maven is not on the PATH.';
  return maven.status === 0 ? undefined : `Maven could not download AWS's matcher. ${maven.stdout.trim()}`;
}

/** The names of the events that match a pattern. */
export type Verdict =
  { readonly matches: readonly string[]; readonly complexity: number } | { readonly refused: string };

/** Finds out which of the events match which of the patterns. @throws Error with the matcher's message. */
export function judge(
  patterns: Readonly<Record<string, string>>,
  events: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Verdict>> {
  const java = spawnSync('java', ['-cp', join(libraryFolder, '*'), join(matcherFolder, 'MatchEvents.java')], {
    input: JSON.stringify({ patterns, events }),
    encoding: 'utf8',
  });
  if (java.status !== 0) throw new Error(java.stderr);
  return JSON.parse(java.stdout) as Record<string, Verdict>;
}
