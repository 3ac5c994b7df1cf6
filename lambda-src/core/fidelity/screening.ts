export interface Screening { readonly differs: boolean; readonly dependsOnLowers: boolean; readonly hasWhiteouts: boolean }
export function mustRun(s: Screening, isBottom: boolean): boolean { return s.differs || (isBottom ? s.hasWhiteouts : s.dependsOnLowers); }
export function screenEntries(...a: unknown[]): Screening { void a; return { differs: true, dependsOnLowers: true, hasWhiteouts: true }; }
