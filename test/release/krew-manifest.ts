import { z } from 'zod';

/** One name or pattern in a selector of platforms. */
const selector = z
  .strictObject({
    matchLabels: z.record(z.enum(['os', 'arch']), z.string()).optional(),
    matchExpressions: z
      .array(
        z.strictObject({
          key: z.enum(['os', 'arch']),
          operator: z.enum(['In', 'NotIn']),
          values: z.array(z.string()).min(1),
        }),
      )
      .min(1)
      .optional(),
  })
  .refine((given) => given.matchLabels ?? given.matchExpressions, 'an empty selector');

/** What krew takes (its own validation, v1alpha2), and what its index asks for besides: 50 characters, a homepage. */
const manifest = z.strictObject({
  apiVersion: z.literal('krew.googlecontainertools.github.com/v1alpha2'),
  kind: z.literal('Plugin'),
  metadata: z.strictObject({ name: z.string().regex(/^[\w-]+$/) }),
  spec: z.strictObject({
    version: z.string().regex(/^v\d+\.\d+\.\d+(-[\w.]+)?$/),
    homepage: z.url({ protocol: /^https$/ }),
    shortDescription: z.string().regex(/^[^\r\n]{1,50}$/),
    description: z.string().min(1),
    caveats: z.string().optional(),
    platforms: z
      .array(
        z.strictObject({
          selector,
          uri: z.url({ protocol: /^https$/ }),
          sha256: z.string().regex(/^[a-f0-9]{64}$/),
          bin: z.string().min(1),
        }),
      )
      .min(1),
  }),
});

/** What krew would refuse of a manifest, each with its place. */
export function krewComplaints(name: string, value: unknown): string[] {
  const { error, data } = manifest.safeParse(value);
  if (error !== undefined) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return data.metadata.name === name ? [] : [`metadata.name: the file is called ${name}`];
}
