/// How the `openai` generator goes on behind what a broken attempt has said.
package enum OpenAIContinuation: String, Hashable, Sendable, CaseIterable {
    /// The engine is given the partial answer as the beginning of its own (`continue_final_message`, which vLLM, SGLang and
    /// llama.cpp understand). Where it refuses that, the answer begins anew.
    case prefix
    /// The answer begins anew: right with every engine, for one that does not know prefixes would answer its own answer.
    case restart
}
