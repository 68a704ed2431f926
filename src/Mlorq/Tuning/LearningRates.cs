namespace Mlorq.Tuning;

/// <summary>How far one step of Adam goes.</summary>
/// <param name="Numbers">For scales in parts of themselves, for biases and other numbers in units of their root mean square.</param>
/// <param name="Codes">For the α of soft codes.</param>
internal readonly record struct LearningRates(float Numbers, float Codes)
{
    private const int WarmUp = 5;

    /// <summary>The rates of a step: they rise for a few steps, then fall like half a wave of a cosine.</summary>
    public LearningRates At(int step, int steps)
    {
        var share = (float)(0.5 * (1 + Math.Cos(Math.PI * step / steps)) * Math.Min(1, (step + 1.0) / WarmUp));
        return new LearningRates(Numbers * share, Codes * share);
    }
}
