// The report on an image as one HTML page that needs nothing else. Names in an image are anybody's: they are data, which the
// page's script shows as text, and the page's policy allows no other script, no style and no request.
// https://www.w3.org/TR/CSP3/
import { createHash } from 'node:crypto';
import { jsonInHtml } from './json-in-html.ts';
import type { ReportData } from './report-data.ts';

/** What the page is made of. */
export interface PageParts {
  /** page/main.ts as one script. */
  readonly script: string;
  /** page/report.css */
  readonly style: string;
}

export function renderReport(data: ReportData, { script, style }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SOCI report</title>
<style>${style}</style>
</head>
<body>
<noscript>This page shows its data by JavaScript, which is switched off.</noscript>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
