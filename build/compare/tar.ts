/** An uncompressed tar as a container: every header field that a builder could leak into. */
import { createReadStream } from "node:fs";
import { scanTar } from "../archive/tar-scan.ts";
import type { Container, Member } from "./container.ts";
import { rangeOf } from "./range.ts";

export async function openTar(file: string): Promise<Container> {
  const members: Member[] = [];
  for await (const { header, pax, ...member } of scanTar(createReadStream(file))) {
    members.push({
      path: member.path,
      fields: {
        type: member.type,
        mode: (header.mode ?? 0).toString(8),
        owner: `${header.uid}:${header.gid} (${header.uname}:${header.gname})`,
        mtime: header.mtime?.toISOString() ?? "none",
        "symlink target": member.linkpath,
        device: `${header.devmaj}:${header.devmin}`,
        "pax header": JSON.stringify(Object.fromEntries(pax)),
      },
      open: () => rangeOf(file, member.offset, member.size),
    });
  }
  return { format: "tar", fields: {}, members };
}
