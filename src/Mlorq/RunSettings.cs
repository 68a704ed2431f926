using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;

namespace Mlorq;

/// <summary>How to work, as opposed to what to compute: threads do not change a result by a bit, the memory limit changes prices in their last digits.</summary>
public sealed record RunSettings
{
    // docs/decisions/0025. Of a model: itself, its rotated weights and a session's, and about two more for activations and what lies unused.
    private const long OfProcess = 400_000_000;
    private const int OfModel = 5;
    private const long LeastLimit = 64_000_000;

    /// <summary>Threads to use.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Bytes that the analysis may take; layers are worked on in groups where all of them together would take more, which takes longer and sums in another order. The model itself and its activations come on top.</summary>
    public long MemoryLimit { get; init; } = 2_000_000_000;

    /// <summary>The same for a process that is to take no more than a number of bytes in all until the plan is chosen: what remains of them beside <see cref="TakenBy"/> is the limit, 64 MB at least.</summary>
    /// <param name="bytes">Of resident memory; where the model alone takes more, so does the process.</param>
    /// <param name="model">The model.</param>
    public RunSettings Within(long bytes, Model model) => this with { MemoryLimit = Math.Max(LeastLimit, bytes - TakenBy(model)) };

    /// <summary>Bytes that a process takes with a model before anything is summed, by estimate: 400 MB, and five times the size of the model in single precision.</summary>
    public static long TakenBy(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var halves = model.Graph.InitializerNames.Select(model.Graph.InitializerSpec).Where(s => s.Type == ElementType.Float16).Sum(s => s.DataSizeInBytes);
        return OfProcess + (OfModel * (model.SizeInBytes + halves));
    }

    /// <summary>Hears what is going on.</summary>
    public IProgress<CompressionEvent>? Progress { get; init; }

    /// <summary>Where the state of the run is kept, so that it can be resumed; null for nowhere.</summary>
    public Checkpoint? Checkpoint { get; init; }

    /// <summary>Hears the analysis once, before bytes are shared out; never where a plan is carried out, or a resumed run has its plan already. Its parts are freed afterwards, so keep no more of it than needed.</summary>
    public Action<Analysis>? Analysed { get; init; }

    /// <summary>Ends the work early.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>What is finished so far; null where it is not kept.</summary>
    internal SavedState? State { get; init; }

    /// <summary>Tells that <paramref name="done"/> of <paramref name="total"/> pieces of a step are finished.</summary>
    internal void Report(CompressionStep step, int done, int total, string? what = null) =>
        Progress?.Report(new CompressionEvent(step, done, total, what));
}

/// <summary>The steps of a compression, in order.</summary>
public enum CompressionStep
{
    /// <summary>Going on from the state of an interrupted run, or not; <see cref="CompressionEvent.What"/> says it in words.</summary>
    Resume,

    /// <summary>A size was tried for a target; <see cref="CompressionEvent.What"/> says in words what came of it.</summary>
    Trial,

    /// <summary>Running the calibration inputs and summing moments.</summary>
    Statistics,

    /// <summary>Judging, by half of the inputs, what is fitted to the other half.</summary>
    Ridges,

    /// <summary>Squares of gradients, for the weights of a layer's rows.</summary>
    Gradients,

    /// <summary>Enumerating and rounding each layer's candidates.</summary>
    Candidates,

    /// <summary>Measuring what an error in each layer does to the outputs.</summary>
    Sensitivity,

    /// <summary>Choosing under the budget.</summary>
    Solve,

    /// <summary>Rounding the chosen candidates.</summary>
    Round,

    /// <summary>Rounding once more, in a sweep, for what the compressed layers before each layer give.</summary>
    Sweep,

    /// <summary>Training block after block.</summary>
    Reconstruct,

    /// <summary>Tuning what costs no bytes.</summary>
    Tune,

    /// <summary>Writing the file and comparing it in ONNX Runtime.</summary>
    Check,

    /// <summary>Running the model with the candidates of some plans, for a curve.</summary>
    Measure,
}

/// <summary>Progress of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Done">Pieces finished.</param>
/// <param name="Total">Pieces in all.</param>
/// <param name="What">The piece just finished, for example a layer's name.</param>
public sealed record CompressionEvent(CompressionStep Step, int Done, int Total, string? What);
