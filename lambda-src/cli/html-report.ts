// The HTML report on an image, built from the results of inspect, doctor, estimate and verify.
import { version } from '../../package.json';
import type { Digest } from '../core/oci/descriptor.ts';
import { defaultMinimumLayerSizeBytes, defaultTagSuffix } from '../core/soci-names.ts';
import { diagnoseImage } from '../doctor/diagnosis.ts';
import { runtimes } from '../doctor/runtime.ts';
import type { EstimateReport } from '../estimate/estimate-report.ts';
import type { IndexedImage } from '../image/indexed-image.ts';
import { type ImageReport, reportImage } from '../inspector/image-report.ts';
import { DirectoryTree } from '../report/directory-tree.ts';
import script from '../report/page/main.ts?browser';
import style from '../report/page/report.css?browser';
import { parseProof } from '../report/proof.ts';
import { makeReportData } from '../report/report-data.ts';
import { renderReport } from '../report/report-html.ts';
import { nameForDiagnosis } from './diagnosed-name.ts';
import type { HtmlRequest } from './html-options.ts';
import type { OpenImage } from './open-image.ts';

/**
 * Writes the page.
 *
 * @param name The argument of the command.
 * @param estimate The estimate of a start, if there is one.
 * @returns The report of `inspect`.
 * @throws As `reportImage`, `diagnoseImage` and `parseProof`.
 */
export async function writeHtmlReport(
  { output, verified }: HtmlRequest,
  name: string,
  image: OpenImage,
  found: Extract<IndexedImage, { kind: 'image' }>,
  estimate?: EstimateReport,
): Promise<ImageReport> {
  const proof = verified && parseProof(verified.text, verified.file, found.digest);
  const trees = new Map<Digest, DirectoryTree>();
  const report = await reportImage(image.store, image.name, found, (layer, contents) => {
    trees.set(layer, new DirectoryTree(contents));
  });
  const diagnosis = await diagnoseImage(image.store, nameForDiagnosis(name, image.tag), {
    runtimes,
    platforms: found.platforms.map(({ platform }) => platform),
    minimumLayerSizeBytes: defaultMinimumLayerSizeBytes,
    tagSuffix: defaultTagSuffix,
  });
  const data = makeReportData(
    {
      programVersion: version,
      image: report,
      diagnosis,
      ...(estimate && { estimate }),
      ...(proof && { proof }),
    },
    trees,
  );
  await output.write(Buffer.from(renderReport(data, { script, style })));
  return report;
}
