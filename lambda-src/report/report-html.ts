// Renders the report as one self-contained HTML page. Names in an image are untrusted: they are data that the page's script
// inserts as text, and the Content-Security-Policy allows no other scripts, styles or requests.
// https://www.w3.org/TR/CSP3/
import { createHash } from 'node:crypto';
import { jsonInHtml } from './json-in-html.ts';
import type { ReportData } from './report-data.ts';

/** The assets of the page. */
export interface PageParts {
  /** page/main.ts, bundled as one script. */
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
<noscript>This page needs JavaScript to show its data, but JavaScript is switched off.</noscript>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
