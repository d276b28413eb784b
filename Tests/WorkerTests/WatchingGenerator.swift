import Shared
import Synchronization

@testable import Worker

/// A generator that ends at once and leaves a handler on its context that holds the context.
struct WatchingGenerator: TokenGenerator {
    let context = Weak<RequestContext>()
    let wasAsked = Gate()

    var name: String { "watching" }

    func generate(
        _ request: GenerationRequest, context: RequestContext, on shard: Shard
    ) throws -> ScriptedGenerator.Steps {
        self.context.set(context)
        context.whenStopped { context.kill() }
        let child = RequestContext(id: .random())
        context.link(child: child)
        child.whenKilled { context.kill() }
        wasAsked.open()
        let generator = ScriptedGenerator()
        generator.end()
        return try generator.generate(request, context: context, on: shard)
    }
}

/// Remembers an object without keeping it.
final class Weak<Object: AnyObject & Sendable>: Sendable {
    private struct Reference: Sendable {
        weak var object: Object?
    }

    private let reference = Mutex(Reference())

    var object: Object? { reference.withLock { $0.object } }

    func set(_ object: Object) { reference.withLock { $0.object = object } }
}
