import { status } from '@grpc/grpc-js'
import { invalid, PubsubError } from './status.ts'

type Kind = 'topics' | 'subscriptions'

/** Checks the full name of a topic or subscription, which must be of our one project. */
export function checkResourceName(kind: Kind, name: string, projectId: string): string {
  const [, project, id] = new RegExp(`^projects/([^/]+)/${kind}/([^/]+)$`).exec(name) ?? []
  if (!project || !id || !/^(?!goog)[A-Za-z][\w.~+%-]{2,254}$/.test(id)) {
    throw invalid(`Invalid resource name given (name=${name}).`)
  }
  checkProject(project, projectId)
  return name
}

export function checkProject(project: string, projectId: string): void {
  if (project !== projectId) {
    const message = `Requested project not found or user does not have access to it (project=${project}).`
    throw new PubsubError(status.NOT_FOUND, message)
  }
}
