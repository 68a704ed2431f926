using Mlorq.Layers;
using Mlorq.Rounding;
using Mlorq.Tuning;

namespace Mlorq.Resuming;

/// <summary>How far a training is: of the blocks, which ones are trained and how many steps the next one has done; of the model, how many steps, and the best layers so far.</summary>
internal sealed class TrainingRecords
{
    private readonly string _section;
    private readonly IReadOnlyList<Layer> _layers;
    private readonly SavedState? _state;

    /// <summary>Looks for what an interrupted run has kept of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">The layers that it starts with.</param>
    /// <param name="state">Where it is kept; null for nowhere.</param>
    public TrainingRecords(CompressionStep step, IReadOnlyList<RoundedLayer> start, SavedState? state)
    {
        (_section, _layers, _state, Layers) = (SectionOf(step), [.. start.Select(l => l.Layer)], state, start);
        IsResumed = state?.Take(_section, ReadHead) ?? false;
    }

    /// <summary>Whether an interrupted run has come here.</summary>
    public bool IsResumed { get; }

    /// <summary>The block in training; 0 where there is one only.</summary>
    public int Block { get; private set; }

    /// <summary>The layers as they are before the block, or the best ones so far.</summary>
    public IReadOnlyList<RoundedLayer> Layers { get; private set; }

    /// <summary>The error of the best layers so far.</summary>
    public double Error { get; private set; }

    /// <summary>How many checks in a row have found nothing better.</summary>
    public int Worse { get; private set; }

    /// <summary>The name of a step's section.</summary>
    public static string SectionOf(CompressionStep step) => $"training {step}";

    /// <summary>Brings a new trainer to where that of the interrupted run was.</summary>
    public void Restore(Trainer trainer, int block = 0)
    {
        if (!IsResumed || block != Block) return;
        _state!.Take(_section, r =>
        {
            ReadHead(r);
            if (r.ReadBoolean()) trainer.Restore(r);
        });
    }

    /// <summary>Keeps the state of a training between two steps.</summary>
    /// <param name="trainer">The trainer; null in front of a block whose training has not begun.</param>
    /// <param name="layers">The layers before the block, or the best ones so far.</param>
    /// <param name="block">The block.</param>
    /// <param name="error">The error of the best ones.</param>
    /// <param name="worse">How many checks in a row have found nothing better.</param>
    public void Keep(Trainer? trainer, IReadOnlyList<RoundedLayer> layers, int block = 0, double error = 0, int worse = 0)
    {
        _state?.Put(_section, w =>
        {
            w.Write(block);
            w.Write(error);
            w.Write(worse);
            LayerRecords.Write(w, layers);
            w.Write(trainer is not null);
            trainer?.Save(w);
        });
        _state?.SaveIfDue();
    }

    private void ReadHead(BinaryReader reader)
    {
        (Block, Error, Worse) = (reader.ReadInt32(), reader.ReadDouble(), reader.ReadInt32());
        Layers = LayerRecords.Read(reader, _layers);
    }
}
