/**
 * Does one job: started by run-job.ts as a process of its own, without network, with a job file as
 * its only argument. Everything it reads was verified before; it writes its output and nothing else
 * outside its work folder and the stage.
 */
import { readFile, writeFile } from "node:fs/promises";
import { writeTarZst } from "./archive/write-tar.ts";
import { writeZip } from "./archive/write-zip.ts";
import { BuildError } from "./errors.ts";
import type { Job, JobReport, StageJob, TargetJob } from "./job.ts";
import { type Recipe, recipes } from "./recipes/all.ts";
import { desktopTree } from "./recipes/desktop-tree.ts";
import { liteTree } from "./recipes/lite-tree.ts";
import { type PackageLicence, stageApp, stagePackages } from "./stage.ts";
import { contentSize, type Tree } from "./tree.ts";
import { hashFile } from "./verify/digest.ts";

function report(message: JobReport): void {
  process.send?.(message);
}

async function pack(recipe: Recipe, job: TargetJob, tree: Tree): Promise<void> {
  const total = tree.reduce((sum, e) => sum + (e.kind === "file" ? contentSize(e.content) : 0), 0);
  let bytes = 0;
  let reported = 0;
  const onBytes = (count: number): void => {
    bytes += count;
    if (bytes - reported < total / 200) return;
    reported = bytes;
    report({ kind: "packed", bytes, total });
  };
  const options = { mtime: job.epoch, prefix: recipe.prefix, onBytes };
  if (recipe.packing.format === "zip") {
    await writeZip(tree, job.output, { ...options, level: recipe.packing.level });
  } else {
    const { level, windowLog } = recipe.packing;
    await writeTarZst(tree, job.output, { ...options, level, windowLog });
  }
}

async function makeStage(job: StageJob): Promise<void> {
  await stageApp(job.sourceRoot, job.app, job.stage);
  const licences = await stagePackages(job.packages, job.stage, job.work);
  await writeFile(job.output, JSON.stringify(licences));
}

async function makeArtifact(job: TargetJob): Promise<void> {
  const recipe = recipes.find(({ target }) => target === job.target);
  if (recipe === undefined) throw new BuildError("recipe", `no recipe for ${job.target}`);
  report({ kind: "step", step: "bundling" });
  const licences = JSON.parse(await readFile(job.licences, "utf8")) as readonly PackageLicence[];
  const context = { job, licences };
  const tree =
    recipe.edition === "lite"
      ? await liteTree(recipe, context)
      : await desktopTree(recipe, context);
  report({ kind: "step", step: "packing" });
  await pack(recipe, job, tree);
}

async function make(job: Job): Promise<void> {
  if (job.kind === "stage") await makeStage(job);
  else await makeArtifact(job);
  report({ kind: "done", ...(await hashFile(job.output)) });
}

// The build that started us is gone, however it ended: nobody waits for the artifact. An orderly
// exit would first let the codecs' threads finish.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

const jobFile = process.argv[2];
if (jobFile === undefined) throw new BuildError("usage", "make.ts is started by the build");
try {
  await make(JSON.parse(await readFile(jobFile, "utf8")) as Job);
  process.exitCode = 0;
} catch (error) {
  const known = error instanceof BuildError;
  const message = error instanceof Error ? error.message : String(error);
  report({ kind: "failed", code: known ? error.code : "recipe", message });
  if (!known) console.error(error);
  process.exitCode = 1;
}
process.removeAllListeners("disconnect");
process.disconnect?.();
