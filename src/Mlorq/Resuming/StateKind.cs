using Mlorq.Onnx;

namespace Mlorq.Resuming;

/// <summary>What a file of sections is for, and how its users are told of damage.</summary>
/// <param name="Mark">The bytes that it begins with, as text.</param>
/// <param name="Layout">The version of the layout.</param>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Use">What it would be for where another file stands in its place.</param>
/// <param name="WhenOpened">How the message goes on for another file that is to be read.</param>
/// <param name="Advice">What to do when it is damaged.</param>
/// <param name="Error">The exception for a message.</param>
internal sealed record StateKind(string Mark, int Layout, string Name, string Use, string WhenOpened, string Advice, Func<string, Exception?, MlorqException> Error)
{
    /// <summary>What is finished of a running command.</summary>
    public static StateKind State { get; } = new(
        "mlorq state\n",
        5,
        "state file",
        "the state of the run would be kept",
        ", but the state of the run would be kept there. Move it away, or delete it.",
        "Run without resuming to start from the beginning; that replaces the file.",
        (message, inner) => new CheckpointException(message, inner));

    /// <summary>A finished analysis.</summary>
    public static StateKind Analysis { get; } = new(
        "mlorq analysis\n",
        5,
        "analysis file",
        "the analysis would be kept",
        ". Name a file that `mlorq analyze` wrote.",
        "Analyse the model again.",
        (message, inner) => new AnalysisFileException(message, inner));
}
