import type { Assigned, Expression, Link, OneOf, Part, Template } from './tree.ts'

/** All names that a template reads or sets, in all branches; `[name_0]` counts as name_0. */
export function namesIn(template: Template): Set<string> {
  return new Set(template.body.flatMap(namesOfPart))
}

function namesOfPart(part: Part): string[] {
  switch (part.kind) {
    case 'text':
      return []
    case 'bracket':
      return typeof part.index === 'string' ? [part.name, part.index] : [part.name]
    case 'print':
      return namesOf(part.expression)
    case 'assign':
      return [...namesOf(part.target), ...assigned(part.value).flatMap(namesOf)]
    case 'define':
      return [part.name, ...assigned(part.value).flatMap(namesOf)]
    case 'if':
      return part.branches.flatMap(({ condition, body }) => [
        ...(condition ? namesOf(condition) : []),
        ...body.flatMap(namesOfPart),
      ])
  }
}

function assigned(value: Assigned): Expression[] {
  if (value.kind === 'list') return value.items
  return value.kind === 'repeat' ? [value.count, value.value] : [value.expression]
}

function namesOf(expression: Expression): string[] {
  const inner = within(expression).flatMap(namesOf)
  return expression.kind === 'variable' ? [expression.name, ...inner] : inner
}

function within(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'variable':
      return expression.index ? [expression.index] : []
    case 'group':
      return [expression.inner]
    case 'unary':
      return [expression.operand]
    case 'chain':
      return [expression.first, ...expression.rest.flatMap(operandOf)]
    case 'choice':
      return [expression.condition, expression.yes, expression.no]
    case 'call':
      return expression.parameters
    case 'inquiry':
      return [expression.variable]
    case 'one_of':
      return [expression.subject, ...expression.choices.flatMap(textOf)]
    case 'interpolation':
      return [expression.x, ...expression.points.flatMap(point => [point.x, point.y])]
    default:
      return []
  }
}

const operandOf = (link: Link) => ('operand' in link ? [link.operand] : [])

function textOf(choice: OneOf['choices'][number]): Expression[] {
  if ('text' in choice) return [choice.text]
  return 'regex' in choice ? [choice.regex] : []
}
