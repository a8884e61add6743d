import { readFileSync } from 'node:fs'
import type { Framework } from './frameworks.ts'

/** Returns the files of a project by their names. */
export function projectFiles(framework: Framework, version: string): Readonly<Record<string, string>> {
  return {
    'holdfast.conf': template('holdfast.conf'),
    routes: template('routes'),
    'origin.mjs': template(`${framework.name}.mjs`),
    'package.json': packageJson(framework, version),
  }
}

function template(name: string): string {
  return readFileSync(new URL(`../../../assets/init/${name}`, import.meta.url), 'utf8')
}

function packageJson({ dependencies }: Framework, version: string): string {
  const content = {
    private: true,
    type: 'module',
    scripts: { origin: 'node origin.mjs', holdfast: 'holdfast' },
    dependencies: { ...dependencies, holdfast: `^${version}` },
  }
  return `${JSON.stringify(content, null, 2)}\n`
}
