/**
 * Compares two artifacts that should be the same byte for byte and says where they are not: down
 * through archives within archives, to the field or to the first differing byte.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type BytesDifference, firstDifference, hexDump } from "./bytes.ts";
import { type Container, type Fields, type Member, openContainer } from "./container.ts";
import type { Difference } from "./difference.ts";

/** Empty where the files are the same. Works in a folder of its own, which it deletes. */
export async function compareArtifacts(a: string, b: string): Promise<readonly Difference[]> {
  const scratch = await mkdtemp(join(tmpdir(), "compare-"));
  try {
    return await compareFiles([basename(a)], a, b, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Where = readonly string[];

async function compareFiles(
  where: Where,
  a: string,
  b: string,
  scratch: string,
): Promise<readonly Difference[]> {
  const bytes = await firstDifference(createReadStream(a), createReadStream(b));
  if (bytes === undefined) return [];
  const [left, right] = [await tryOpen(a), await tryOpen(b)];
  if (left === undefined || right === undefined || left.format !== right.format) {
    const sizes = [(await stat(a)).size, (await stat(b)).size].map((size) => `${size} bytes`);
    return [
      ...compareFields(where, { size: sizes[0] }, { size: sizes[1] }),
      asDifference(where, "content", bytes),
    ];
  }
  const found = await compareContainers(where, left, right, scratch);
  if (found.length > 0) return found;
  const what = `the ${left.format} alone: its members and their metadata are the same`;
  return [asDifference(where, what, bytes)];
}

/** A damaged container is compared as the bytes that it is. */
async function tryOpen(file: string): Promise<Container | undefined> {
  try {
    return await openContainer(file);
  } catch {
    return undefined;
  }
}

async function compareContainers(
  where: Where,
  a: Container,
  b: Container,
  scratch: string,
): Promise<readonly Difference[]> {
  const differences = [...compareFields(where, a.fields, b.fields)];
  const others = new Map(b.members.map((member) => [member.path, member]));
  const shared: Member[] = [];
  for (const member of a.members) {
    if (others.has(member.path)) shared.push(member);
    else
      differences.push({
        where: [...where, member.path],
        field: "member",
        a: "present",
        b: "missing",
      });
  }
  const inA = new Set(a.members.map(({ path }) => path));
  for (const { path } of b.members) {
    if (!inA.has(path))
      differences.push({ where: [...where, path], field: "member", a: "missing", b: "present" });
  }
  differences.push(
    ...compareOrder(
      where,
      shared,
      b.members.filter(({ path }) => inA.has(path)),
    ),
  );
  for (const member of shared) {
    const other = others.get(member.path);
    if (other === undefined) continue;
    const inside = [...where, member.path];
    differences.push(...compareFields(inside, member.fields, other.fields));
    differences.push(...(await compareContents(inside, member, other, scratch)));
  }
  return differences;
}

function compareOrder(
  where: Where,
  a: readonly Member[],
  b: readonly Member[],
): readonly Difference[] {
  const index = a.findIndex(({ path }, at) => path !== b[at]?.path);
  if (index === -1) return [];
  const name = (members: readonly Member[]): string =>
    `member ${index + 1} is ${members[index]?.path}`;
  return [{ where, field: "order", a: name(a), b: name(b) }];
}

async function compareContents(
  where: Where,
  a: Member,
  b: Member,
  scratch: string,
): Promise<readonly Difference[]> {
  if ((await firstDifference(a.open(), b.open())) !== undefined) {
    const folder = await mkdtemp(join(scratch, "member-"));
    const [left, right] = [join(folder, "a"), join(folder, "b")];
    await pipeline(a.open(), createWriteStream(left));
    await pipeline(b.open(), createWriteStream(right));
    const found = await compareFiles(where, left, right, scratch);
    await rm(folder, { recursive: true });
    return found;
  }
  if (a.openPacked === undefined || b.openPacked === undefined) return [];
  const packed = await firstDifference(a.openPacked(), b.openPacked());
  return packed === undefined ? [] : [asDifference(where, "compression alone", packed)];
}

function compareFields(
  where: Where,
  a: Partial<Fields>,
  b: Partial<Fields>,
): readonly Difference[] {
  return Object.keys({ ...a, ...b })
    .filter((field) => a[field] !== b[field])
    .map((field) => ({ where, field, a: a[field] ?? "none", b: b[field] ?? "none" }));
}

function asDifference(where: Where, field: string, bytes: BytesDifference): Difference {
  return { where, field, offset: bytes.offset, a: hexDump(bytes.a), b: hexDump(bytes.b) };
}
