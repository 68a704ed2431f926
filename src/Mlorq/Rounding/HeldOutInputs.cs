using Mlorq.Onnx.Graphs;

namespace Mlorq.Rounding;

/// <summary>Calibration inputs divided into those that something is fitted to and those that judge it.</summary>
/// <param name="Used">Four fifths.</param>
/// <param name="HeldOut">A fifth, in batches of one sample where the model takes them: input is compared with input.</param>
internal sealed record HeldOutInputs(CalibrationSet Used, CalibrationSet HeldOut)
{
    /// <summary>Why steps are left out where there is nothing to hold out.</summary>
    public const string TooFew = "there are too few calibration inputs to hold some out";

    private const int Share = 5;

    /// <summary>Every fifth batch is held out, since inputs are often sorted; every fifth sample where there are fewer than five batches. Null where there are fewer than two inputs.</summary>
    public static HeldOutInputs? Of(Model model, CalibrationSet calibration)
    {
        var batches = (calibration.Batches.Count < Share ? calibration.Singles(model) : calibration).Batches;
        if (batches.Count < 2) return null;
        // The last one where there are fewer than five.
        var offset = Math.Min(Share, batches.Count) - 1;
        var parts = batches.Select((batch, i) => (Batch: batch, IsHeldOut: i % Share == offset)).ToLookup(p => p.IsHeldOut, p => p.Batch);
        return new HeldOutInputs(calibration with { Batches = [.. parts[false]] }, (calibration with { Batches = [.. parts[true]] }).Singles(model));
    }
}
