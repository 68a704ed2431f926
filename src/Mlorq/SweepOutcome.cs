using Mlorq.InterLayer;

namespace Mlorq;

/// <summary>What a sweep did to the model's outputs on calibration inputs that it had not used, and whether its result was taken.</summary>
/// <param name="Target">What layers were rounded to.</param>
/// <param name="IsKept">Whether the sweep's layers are those of the result: only where the outputs are better by more than chance.</param>
/// <param name="HeldOutInputs">How many inputs it was judged on; 0 where there were too few to hold any back, so that no sweep was made.</param>
/// <param name="With">The change of the outputs with the sweep.</param>
/// <param name="Without">The change without it, every layer rounded for its original inputs, the held-out ones left out as well.</param>
public sealed record SweepOutcome(SequentialTarget Target, bool IsKept, int HeldOutInputs, OutputChange With, OutputChange Without);
