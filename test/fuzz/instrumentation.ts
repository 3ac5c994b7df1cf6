// Counts how often each branch of a program runs, so that the fuzzer (fuzzer.ts) sees which inputs reach something new.
// Instruments JavaScript after bundling, so branches in packages count, too.
import ts from 'typescript';
import { countersName } from './instrumentation-name.ts';

/** Returns the program with its counters. */
export function instrument(javaScript: string): string {
  const source = ts.createSourceFile(
    'program.js',
    javaScript,
    ts.ScriptTarget.ES2023,
    true,
    ts.ScriptKind.JS,
  );
  const counters = new CounterInserter();
  const { transformed } = ts.transform(source, [(context) => (file) => counters.insert(file, context)]);
  const program = ts.createPrinter().printFile(transformed[0]!);
  return `const ${countersName} = globalThis.${countersName} = new Uint8Array(${counters.count});\n${program}`;
}

class CounterInserter {
  count = 0;

  insert(file: ts.SourceFile, context: ts.TransformationContext): ts.SourceFile {
    const visit = (node: ts.Node): ts.Node => this.#count(ts.visitEachChild(node, visit, context));
    return ts.visitEachChild(file, visit, context);
  }

  #count(node: ts.Node): ts.Node {
    const { factory } = ts;
    if (ts.isBlock(node)) return factory.updateBlock(node, [this.#statement(), ...node.statements]);
    if (ts.isCaseClause(node)) {
      return factory.updateCaseClause(node, node.expression, [this.#statement(), ...node.statements]);
    }
    if (ts.isDefaultClause(node)) {
      return factory.updateDefaultClause(node, [this.#statement(), ...node.statements]);
    }
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement === undefined ? undefined : this.#asBlock(node.elseStatement);
      return factory.updateIfStatement(node, node.expression, this.#asBlock(node.thenStatement), otherwise);
    }
    if (ts.isConditionalExpression(node)) {
      return factory.updateConditionalExpression(
        node,
        node.condition,
        node.questionToken,
        this.#counting(node.whenTrue),
        node.colonToken,
        this.#counting(node.whenFalse),
      );
    }
    if (ts.isBinaryExpression(node) && shortCircuits.has(node.operatorToken.kind)) {
      return factory.updateBinaryExpression(node, node.left, node.operatorToken, this.#counting(node.right));
    }
    return node;
  }

  /** A block already has its counter; any other statement is wrapped in a block with one. */
  #asBlock(statement: ts.Statement): ts.Statement {
    return ts.isBlock(statement) ? statement : ts.factory.createBlock([this.#statement(), statement]);
  }

  #statement(): ts.Statement {
    return ts.factory.createExpressionStatement(this.#increment());
  }

  #counting(expression: ts.Expression): ts.Expression {
    return ts.factory.createParenthesizedExpression(ts.factory.createComma(this.#increment(), expression));
  }

  #increment(): ts.Expression {
    const counter = ts.factory.createElementAccessExpression(
      ts.factory.createIdentifier(countersName),
      this.count++,
    );
    return ts.factory.createPostfixIncrement(counter);
  }
}

/** Operators whose right side may not run. */
const shortCircuits: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);
